"""The browsers to which a member has their news sent, as they switch them on and off."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from lti_tool import settings
from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.lti import addresses, keys
from lti_tool.models import Membership, PushDevice, PushKey
from lti_tool.permissions import Act
from lti_tool.services.acting import ActingMember
from lti_tool.services.push_encryption import UnusableKeys, check, new_key
from lti_tool.services.upserts import insert_unless_there, upsert

MOST_DEVICES = 5
LONGEST_ENDPOINT = 2_000
BROWSERS = ("firefox", "edge", "opera", "chrome", "safari")


@dataclass(frozen=True)
class Subscription:
    """What a browser says of itself: where its push service takes what is for it, and its keys."""

    endpoint: str
    public: str
    secret: str
    browser: str  # one of BROWSERS, or "other"


@dataclass(frozen=True)
class DeviceView:
    """A browser as its member sees it; `digest` is what the page of that browser knows it by."""

    id: int
    browser: str
    digest: str
    created_at: datetime
    sent_at: datetime | None
    failing: bool


def of(member: ActingMember) -> Sequence[DeviceView]:
    """Return the member's browsers, the oldest first. One statement."""
    member.must(Act.KEEP)
    wanted = select(PushDevice).where(PushDevice.member_id == member.id).order_by(PushDevice.id)
    return [
        DeviceView(one.id, one.browser, one.digest, one.created_at, one.sent_at, one.problem is not None)
        for one in db.session.scalars(wanted)
    ]


def public_key(member: ActingMember, now: datetime) -> str:
    """Return what a browser is told of us when it subscribes; the key is made when it is first asked for.

    Once, whatever the number of processes that try.
    """
    member.must(Act.KEEP)
    kept = db.session.get(PushKey, 1)
    if kept is None:
        public, pem = new_key()
        values = {"public": public, "private_encrypted": keys.encrypted(pem), "created_at": now}
        insert_unless_there(PushKey, {"id": 1}, values)
        kept = db.session.get_one(PushKey, 1)
    return kept.public


def switch_on(member: ActingMember, said: Subscription, now: datetime) -> None:
    """Send the member's news to a browser from now on. Who had theirs sent there before has it no longer.

    A browser is one person's: on a shared one the news of whoever was here before end.

    :raises Unfit: what it says of itself cannot be right, or its push service may not be called.
    """
    member.must(Act.KEEP)
    if problem := _problem_of(said):
        raise Unfit({"endpoint": [problem]})
    public_key(member, now)
    digest = digest_of(said.endpoint)
    others = select(Membership.id).where(Membership.user_id != member.user.id)
    _gone(PushDevice.digest == digest, PushDevice.member_id.in_(others))
    values = {
        "community_id": member.community.id,
        "endpoint": said.endpoint,
        "public": said.public,
        "secret": said.secret,
        "browser": said.browser,
        "told_until": now,
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "problem": None,
    }
    key = {"member_id": member.id, "digest": digest}
    upsert(PushDevice, key, values, ("public", "secret", "due_at", "attempts", "problem"))
    too_old = (
        select(PushDevice.id)
        .where(PushDevice.member_id == member.id)
        .order_by(PushDevice.id.desc())
        .offset(MOST_DEVICES)
    )
    _gone(PushDevice.id.in_(db.session.scalars(too_old).all()))


def switch_off(member: ActingMember, number: int) -> None:
    """Send nothing to this browser any more. :raises NotFound: the member has none of this number."""
    member.must(Act.KEEP)
    if not _gone(PushDevice.id == number, PushDevice.member_id == member.id):
        raise NotFound()


def forget_browser(user_id: int, endpoint: str) -> None:
    """Send nothing of somebody to a browser in which they sign out: in no community."""
    theirs = select(Membership.id).where(Membership.user_id == user_id)
    _gone(PushDevice.digest == digest_of(endpoint), PushDevice.member_id.in_(theirs))


def digest_of(endpoint: str) -> str:
    """Return by what an end point is known: pages compute the same (SHA-256, hexadecimal)."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def encrypt_anew() -> int:
    """Encrypt our key with the first of the KEY_ENCRYPTION_KEY keys; return how many there are, one or none.

    :raises UnsafeSettings: `key-encryption-key-wrong`, none of them opens it.
    """
    kept = db.session.get(PushKey, 1, with_for_update=True)
    if kept is None:
        return 0
    kept.private_encrypted = keys.rotated(kept.private_encrypted)
    return 1


def _problem_of(said: Subscription) -> str | None:
    origin = addresses.origin(said.endpoint)
    if origin is None or len(said.endpoint) > LONGEST_ENDPOINT:
        return "push-endpoint"
    if not origin.startswith("https:") and not settings.current().outbound_allow:
        return "push-endpoint"
    try:
        check(said.public, said.secret)
    except UnusableKeys:
        return "push-keys"
    return None


def _gone(*which) -> int:
    gone = delete(PushDevice).where(*which).execution_options(synchronize_session=False)
    return db.session.execute(gone).rowcount
