"""Which connections a new one of the same LMS may take the place of, and which it took: for the console."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.models import Platform, Succession
from lti_tool.services import administered
from lti_tool.services.administrators import ActingAdministrator


@dataclass(frozen=True)
class Replaced:
    """A connection whose place was taken; `may_undo` until its moment has passed."""

    platform: Platform
    at: datetime
    reversible_until: datetime
    may_undo: bool


def replaceable_by(admin: ActingAdministrator, platform: Platform) -> list[Platform]:
    """Return other connections of the same LMS and organisation that were not replaced yet. One statement."""
    replaced = select(Succession.old_platform_id).where(Succession.reverted_at.is_(None))
    found = db.session.scalars(
        select(Platform)
        .where(
            Platform.organisation_id == platform.organisation_id,
            Platform.id != platform.id,
            Platform.id.not_in(replaced),
            administered.is_whole_of(admin),
        )
        .order_by(Platform.id)
    )
    return [one for one in found if _host(one.issuer) == _host(platform.issuer)]


def replaced_by(admin: ActingAdministrator, platform: Platform, now: datetime) -> list[Replaced]:
    """Return the connections whose place this one took. One statement."""
    found = db.session.execute(
        select(Platform, Succession.at, Succession.reversible_until)
        .join(Succession, Succession.old_platform_id == Platform.id)
        .where(
            Succession.new_platform_id == platform.id,
            Succession.reverted_at.is_(None),
            administered.is_whole_of(admin),
        )
        .order_by(Succession.id.desc())
    )
    return [Replaced(old, at, until, now <= until) for old, at, until in found]


def _host(issuer: str) -> str:
    return urlsplit(issuer).hostname or issuer
