"""Whether this process could serve a launch now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.extensions import db
from lti_tool.models import ToolKey


@dataclass(frozen=True)
class Readiness:
    """Which of the needed things are there."""

    database: bool
    signing_key: bool

    @property
    def ready(self) -> bool:
        return self.database and self.signing_key


def check(now: datetime) -> Readiness:
    """Look at the database and at our signing key. One statement."""
    try:
        key = db.session.scalar(select(ToolKey.id).where(ToolKey.signing == 1))
    except SQLAlchemyError:
        return Readiness(database=False, signing_key=False)
    return Readiness(database=True, signing_key=key is not None)
