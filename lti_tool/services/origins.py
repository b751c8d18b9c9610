"""The origins that may frame the pages for one platform's people: learned from launches, decided by hand.

They hold for the launches that come from then on: a seat keeps what its own launch was answered with.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.lti import addresses, frames
from lti_tool.lti.launch import Launch
from lti_tool.models import OriginSource, Platform, PlatformOrigin
from lti_tool.services import audit
from lti_tool.services.upserts import insert_unless_there, upsert


@dataclass(frozen=True)
class Origins:
    """Who may frame a platform's pages: `own` are those of the registration, which cannot be taken away."""

    own: tuple[str, ...]
    decided: tuple[PlatformOrigin, ...]


def learn(launch: Launch, now: datetime) -> None:
    """Remember what a signed launch named for the first time; no statement when it names nothing new."""
    for origin in launch.learned_origins:
        key = {"platform_id": launch.platform_id, "origin": origin}
        values = {"source": OriginSource.LAUNCH, "allowed": True, "created_at": now}
        insert_unless_there(PlatformOrigin, key, values)


def of_platform(platform: Platform) -> Origins:
    """Return the origins of a platform. One statement."""
    found = select(PlatformOrigin).where(PlatformOrigin.platform_id == platform.id)
    return Origins(
        own=addresses.origins((platform.issuer, platform.auth_url)),
        decided=tuple(db.session.scalars(found.order_by(PlatformOrigin.origin))),
    )


def allow(platform: Platform, typed: str, now: datetime, by: int | None = None) -> str:
    """Let an origin frame the pages of a platform; return it as browsers write it.

    :param typed: an address or an origin; what follows the host does not count.
    :raises Unfit: `address` is not a web address, or there are as many as a header carries.
    """
    text = typed.strip()
    origin = addresses.origin(text if "://" in text else f"https://{text}")
    if origin is None or len(origin) > PlatformOrigin.origin.type.length:
        raise Unfit({"origin": ["not-an-origin"]})
    known = of_platform(platform).decided
    if len(known) >= frames.MOST and origin not in {one.origin for one in known}:
        raise Unfit({"origin": ["too-many-origins"]})
    key = {"platform_id": platform.id, "origin": origin}
    values = {"source": OriginSource.ADMINISTRATOR, "allowed": True, "created_at": now}
    upsert(PlatformOrigin, key, values, update=("allowed",))
    _note("platform.origin-allowed", platform, origin, now, by)
    return origin


def withdraw(platform: Platform, origin_id: int, now: datetime, by: int | None = None) -> None:
    """Let an origin frame nothing any more. One that launches name stays known as refused.

    :raises NotFound: this platform has no such origin.
    """
    wanted = select(PlatformOrigin).where(
        PlatformOrigin.id == origin_id, PlatformOrigin.platform_id == platform.id
    )
    found = db.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound("no-such-origin")
    if found.source is OriginSource.LAUNCH:
        found.allowed = False
    else:
        db.session.execute(delete(PlatformOrigin).where(PlatformOrigin.id == found.id))
    _note("platform.origin-withdrawn", platform, found.origin, now, by)


def _note(act: str, platform: Platform, origin: str, now: datetime, by: int | None) -> None:
    subject = f"platform:{platform.id}"
    audit.record_administration(by, act, subject, now, platform.organisation_id, origin=origin)
    db.session.flush()
