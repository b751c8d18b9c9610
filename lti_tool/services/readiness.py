"""Whether this process could serve a launch now, and whether what it leads to would be done."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from lti_tool.errors import DatabaseUnavailable
from lti_tool.extensions import db
from lti_tool.models import ToolKey
from lti_tool.services import heartbeats, schema_version


@dataclass(frozen=True)
class Readiness:
    """Which of the needed things are there."""

    database: bool = False
    schema: bool = False
    signing_key: bool = False
    worker: bool = False

    @property
    def ready(self) -> bool:
        return self.database and self.schema and self.signing_key and self.worker


def installation(secret_key: str) -> str:
    """Return a name that all processes of one installation share and that says nothing about its secret."""
    return hmac.new(secret_key.encode(), b"installation", hashlib.sha256).hexdigest()[:16]


def check(now: datetime) -> Readiness:
    """Look at the database, its schema, our signing key and the workers' heartbeats. Few statements."""
    try:
        there = schema_version.there_on(db.session.connection())
        if not schema_version.usable(there):
            return Readiness(database=True)
        key = db.session.scalar(select(ToolKey.id).where(ToolKey.signing == 1))
        alive = heartbeats.workers(now).alive
    except (SQLAlchemyError, DatabaseUnavailable, OSError):
        return Readiness()
    return Readiness(database=True, schema=True, signing_key=key is not None, worker=alive > 0)
