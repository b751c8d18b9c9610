"""News that go to members' browsers: what was told and not read since a browser was last told.

Nothing is written for each of them when something happens. A device says until when it was told
(`told_until`), notifications say what there is: a worker brings the two into line, one device after
the other, each step a transaction of its own. Who dies on the way leaves a lease that ends; what is then
sent once more takes the place of what stands there, by its topic (RFC 8030, 5.4).
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update

from lti_tool import settings
from lti_tool.errors import PlatformUnavailable, ServiceProblem
from lti_tool.extensions import db
from lti_tool.lti import addresses, keys
from lti_tool.lti.http import OutboundClient, outbound_client
from lti_tool.models import MailChoice, Notification, NotificationKind, PushDevice, PushKey
from lti_tool.models.notification import OF_THE_SPACE
from lti_tool.services import mail_choices, notifications, push_encryption, readers
from lti_tool.services.line_items import Pause, Transaction, no_pause
from lti_tool.services.notifications import Line
from lti_tool.services.retries import next_try

log = logging.getLogger(__name__)

# What speaks to one person: a browser is not rung for what can be read when one comes by.
PUSHED = OF_THE_SPACE | {
    NotificationKind.MENTION,
    NotificationKind.REPLY,
    NotificationKind.ANNOUNCEMENT,
    NotificationKind.ACCEPTED,
    NotificationKind.MODERATED,
    NotificationKind.STANDING,
}
AT_ONCE = 500  # devices in one run
LEASE = timedelta(minutes=2)
# What nobody saw by then is in the notifications; and how often a push service that is away is asked.
STAYS_FOR, MOST_TRIES = timedelta(days=1), 12
# Longer than any quiet time: from a Friday evening to a Monday morning, with hours of one's own.
OLDER_ARE_LEFT = timedelta(days=5)
# So long what is told is left to settle: who reads it where it happens is not rung for, and transactions that
# were begun before are at their end.
SETTLES_FOR = timedelta(seconds=15)
_GONE = (404, 410)  # RFC 8030, 7.3: the browser wants nothing any more


@dataclass(frozen=True)
class News:
    """What a browser is told, in the words of `locale`: `lines`, latest first. `topic` names the space."""

    community_id: int
    community: str
    locale: str | None
    lines: Sequence[Line]
    member_number: int
    topic: str


@dataclass(frozen=True)
class _Claimed:
    """A device in hand: its number, and the lease without which nothing is recorded."""

    id: int
    lease: str
    attempts: int
    told_until: datetime


@dataclass(frozen=True)
class _Parcel:
    """What is to be sent, and where to; our key as it is kept, the private half encrypted."""

    news: News
    endpoint: str
    public: str
    secret: str
    our_public: str
    our_private: str


Worded = Callable[[News], bytes]


def send_due(
    now: Callable[[], datetime], transaction: Transaction, worded: Worded, pause: Pause = no_pause
) -> None:
    """Tell every browser what is new for its member. :param worded: puts news into words, as JSON."""
    with transaction():
        waiting = _waiting(now())
    with outbound_client(connect_timeout=5, read_timeout=10, total_timeout=20) as client:
        for number in waiting:
            with transaction():
                claimed = _claim(number, now())
            if claimed is None:
                continue
            pause("claimed")
            try:
                with transaction():
                    parcel = _parcel(claimed, now())
                outcome = _sent(client, parcel, worded, now()) if isinstance(parcel, _Parcel) else parcel
            except Exception:
                log.exception("the news for device %s could not be sent", claimed.id)
                outcome = _Later("fault", None)
            pause("sent")
            with transaction():
                _record(claimed, outcome, now())


@dataclass(frozen=True)
class _Later:
    """It is tried again: why, and in how many seconds the push service wants it."""

    problem: str
    retry_after: float | None


@dataclass(frozen=True)
class _Quiet:
    """Its member wants quiet until then."""

    until: datetime


@dataclass(frozen=True)
class _Sent:
    """Its push service took it."""


@dataclass(frozen=True)
class _Never:
    """This is not taken, and would not be another time."""

    problem: str


def _waiting(now: datetime) -> Sequence[int]:
    """Return the devices for which there is something new: all are looked at once in a run, and no more."""
    due = select(PushDevice.id).where(PushDevice.due_at <= now, _has_news(now))
    return db.session.scalars(due.order_by(PushDevice.due_at, PushDevice.id).limit(AT_ONCE)).all()


def _claim(number: int, now: datetime) -> _Claimed | None:
    """Take a device, unless another worker was there first; nobody else takes it before the lease ends."""
    still_due = (
        select(PushDevice)
        .where(PushDevice.id == number, PushDevice.due_at <= now, _has_news(now))
        .with_for_update(skip_locked=True, of=PushDevice)
        .execution_options(populate_existing=True)
    )
    device = db.session.scalars(still_due).one_or_none()
    if device is None:
        return None
    device.lease, device.due_at = str(uuid.uuid4()), now + LEASE
    device.attempts += 1
    db.session.flush()
    return _Claimed(device.id, device.lease, device.attempts, now - SETTLES_FOR)


def _has_news(now: datetime):
    return exists().where(
        Notification.member_id == PushDevice.member_id,
        Notification.at > PushDevice.told_until,
        Notification.at <= now - SETTLES_FOR,
        Notification.read_at.is_(None),
        Notification.kind.in_(PUSHED),
    )


def _parcel(claimed: _Claimed, now: datetime) -> _Parcel | _Quiet | None:
    """Return what a device is to be told by now; None: nothing after all.

    All that is unread, not only what came last: one piece of news takes the place of the one before.
    """
    device = db.session.get_one(PushDevice, claimed.id)
    member = readers.reader(device.member_id, now)
    if member is None:
        return None
    wishes = mail_choices.wishes_of(db.session.get(MailChoice, member.id), member.community)
    if wishes.hours.quiet(now):
        return _Quiet(wishes.hours.open_from(now))
    since = max(device.created_at, now - OLDER_ARE_LEFT)
    lines = notifications.unread_between(member, since, claimed.told_until, PUSHED, now)
    if not lines:
        return None
    news = News(
        community_id=member.community.id,
        community=member.community.name,
        locale=member.membership.locale or member.user.locale,
        lines=lines,
        member_number=member.id,
        topic=f"community-{member.community.id}",
    )
    key = db.session.get_one(PushKey, 1)
    return _Parcel(news, device.endpoint, device.public, device.secret, key.public, key.private_encrypted)


def _sent(client: OutboundClient, parcel: _Parcel, worded: Worded, now: datetime) -> _Later | _Never | _Sent:
    """Hand news in to a push service; return what came of it."""
    pem = keys.decrypted(parcel.our_private)
    if pem is None:
        return _Later("key-encryption-key-wrong", None)
    body = push_encryption.encrypted(worded(parcel.news), parcel.public, parcel.secret)
    token = push_encryption.token(addresses.origin(parcel.endpoint), _contact(), pem, now)
    headers = {
        "Authorization": f"vapid t={token}, k={parcel.our_public}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(STAYS_FOR.total_seconds())),
        "Topic": parcel.news.topic,
        "Urgency": "normal",
    }
    try:
        answer = client.request("POST", parcel.endpoint, headers=headers, data=body, size_limit=20_000)
    except PlatformUnavailable as problem:
        return _Later(problem.code, problem.facts.get("retry_after"))
    except ServiceProblem as problem:
        return _Never(problem.code)
    if answer.status in _GONE:
        return _Never("gone")
    return _Sent() if 200 <= answer.status < 300 else _Never(f"http-{answer.status}")


def _contact() -> str:
    """Whom a push service writes to when something is wrong (RFC 8292, 2.1)."""
    chosen = settings.current()
    return f"mailto:{chosen.mail_from}" if chosen.mail_url else chosen.base_url


def _record(device: _Claimed, outcome: _Later | _Never | _Quiet | _Sent | None, now: datetime) -> None:
    """Note what became of it; without the lease nothing."""
    ours = (PushDevice.id == device.id, PushDevice.lease == device.lease)
    told = {"told_until": device.told_until, "due_at": now, "attempts": 0, "problem": None}
    match outcome:
        case _Never(problem="gone"):
            db.session.execute(delete(PushDevice).where(*ours))
        case _Quiet(until=until):
            _set(ours, due_at=until, attempts=0)
        case _Later(problem=problem, retry_after=asked) if device.attempts < MOST_TRIES:
            _set(ours, due_at=next_try(now, device.attempts, asked), problem=problem[:60])
        case _Sent():
            _set(ours, **told, sent_at=now)
        case None:
            _set(ours, **told)
        case _:
            # It is in the notifications; what comes next is tried anew.
            _set(ours, **told | {"problem": outcome.problem[:60]})


def _set(ours: tuple, **values: object) -> None:
    changed = update(PushDevice).where(*ours).values(lease=None, **values)
    db.session.execute(changed.execution_options(synchronize_session=False))
