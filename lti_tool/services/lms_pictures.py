"""Pictures that LMSs have of people: fetched once by a worker, so that no browser asks an LMS for them.

An account says at each launch where its picture is (`User.picture`) and which of these addresses was dealt
with (`picture_taken`): a worker brings the two into line, one account after the other, each at most once a
day. Whatever does not work leaves initials.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from sqlalchemy import or_, select, text, update

from lti_tool.errors import PlatformUnavailable, ServiceProblem
from lti_tool.extensions import db
from lti_tool.knowledge.portraits import UnreadablePicture, square
from lti_tool.lti.http import OutboundClient, outbound_client
from lti_tool.models import User
from lti_tool.models.person import PICTURE_IS_WANTED
from lti_tool.services import storage
from lti_tool.services.line_items import Pause, Transaction, no_pause

AT_ONCE = 50
AGAIN_AFTER = timedelta(days=1)
LARGEST_FILE = 5_000_000
FOLDER = "portraits"
# Pictures that stand for nobody in Moodle and Canvas: initials say more.
_OF_NOBODY = ("/theme/image.php", "/images/messages/avatar", "/images/dotted_pic")


@dataclass(frozen=True)
class _Wanted:
    user_id: int
    address: str | None
    key: str | None  # of the picture before


def take_due(now: Callable[[], datetime], transaction: Transaction, pause: Pause = no_pause) -> None:
    """Fetch the pictures of some accounts whose LMS says another one than before."""
    with outbound_client(connect_timeout=5, read_timeout=10, total_timeout=20) as client:
        for _ in range(AT_ONCE):
            with transaction():
                wanted = _claimed(now())
            if wanted is None:
                return
            pause("claimed")
            try:
                made = _fetched(client, wanted.address)
            except PlatformUnavailable:
                continue  # tomorrow
            _take(wanted, made, transaction, pause)


def _claimed(now: datetime) -> _Wanted | None:
    """Return an account whose turn it is; nobody else takes it up before tomorrow."""
    due = or_(User.picture_due_at.is_(None), User.picture_due_at <= now)
    found = db.session.execute(
        select(User.id, User.picture, User.picture_key)
        .where(text(PICTURE_IS_WANTED), due)
        .order_by(User.picture_due_at, User.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if found is None:
        return None
    _change(found.id, picture_due_at=now + AGAIN_AFTER)
    return _Wanted(*found)


def _fetched(client: OutboundClient, address: str | None) -> bytes | None:
    """Return the picture at an address as we show it, None when there is none that we may or can show.

    :raises PlatformUnavailable: it may be there another time.
    """
    if not address or any(sign in address for sign in _OF_NOBODY):
        return None
    try:
        answer = client.request("GET", address, size_limit=LARGEST_FILE)
        return square(answer.body) if answer.status == 200 else None
    except PlatformUnavailable as problem:
        if problem.code in ("too-large", "redirects"):
            return None
        raise
    except (ServiceProblem, UnreadablePicture):
        return None


def _take(wanted: _Wanted, made: bytes | None, transaction: Transaction, pause: Pause) -> None:
    """Show a picture from now on, or none; what the LMS says meanwhile, or an erasure, comes first."""
    key = None
    if made is not None:
        key = f"{FOLDER}/{wanted.user_id}/{secrets.token_hex(16)}.webp"
        storage.keep(key, BytesIO(made))
    pause("kept")
    with transaction():
        here = User.picture.is_not_distinct_from(wanted.address)
        taken = _change(wanted.user_id, here, picture_taken=wanted.address, picture_key=key)
    pause("taken")
    gone = wanted.key if taken else key
    if gone is not None:
        storage.drop([gone])


def _change(user_id: int, *conditions, **columns) -> int:
    changed = update(User).where(User.id == user_id, *conditions).values(**columns)
    return db.session.execute(changed, execution_options={"synchronize_session": False}).rowcount


def forget(user: User) -> None:
    """Delete the bytes of somebody who is being erased; doing it again does nothing. Raises OSError."""
    names = [f"{FOLDER}/{user.id}/{name}" for name in storage.names_in(f"{FOLDER}/{user.id}")]
    if names:
        storage.drop(names)
