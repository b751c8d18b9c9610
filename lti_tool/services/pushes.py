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
OLDER_ARE_LEFT = timedelta(days=2)
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
    """A device in hand, with what is to be sent there, `news` None for nothing after all."""

    id: int
    lease: str
    endpoint: str
    public: str
    secret: str
    attempts: int
    told_until: datetime
    news: News | None
    our_public: str
    our_private: str  # encrypted, as it is kept


Worded = Callable[[News], bytes]


def send_due(
    now: Callable[[], datetime], transaction: Transaction, worded: Worded, pause: Pause = no_pause
) -> None:
    """Tell every browser what is new for its member. :param worded: puts news into words, as JSON."""
    with outbound_client(connect_timeout=5, read_timeout=10, total_timeout=20) as client:
        for _ in range(AT_ONCE):
            with transaction():
                claimed = _claim(now())
            if claimed is None:
                return
            pause("claimed")
            try:
                outcome = _sent(client, claimed, worded, now())
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
class _Never:
    """This is not taken, and would not be another time."""

    problem: str


def _claim(now: datetime) -> _Claimed | None:
    """Take one device for which there is something new; nobody else takes it before the lease ends."""
    due = (
        select(PushDevice)
        .where(PushDevice.due_at <= now, _has_news(now))
        .order_by(PushDevice.due_at, PushDevice.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=PushDevice)
        .execution_options(populate_existing=True)
    )
    device = db.session.scalars(due).one_or_none()
    if device is None:
        return None
    device.lease, device.due_at = str(uuid.uuid4()), now + LEASE
    device.attempts += 1
    news, waits = _news(device, now)
    if waits is not None:
        device.lease, device.due_at, device.attempts = None, waits, 0
    key = db.session.get_one(PushKey, 1)
    claimed = _Claimed(
        id=device.id,
        lease=device.lease or "",
        endpoint=device.endpoint,
        public=device.public,
        secret=device.secret,
        attempts=device.attempts,
        told_until=now - SETTLES_FOR,
        news=news,
        our_public=key.public,
        our_private=key.private_encrypted,
    )
    db.session.flush()
    return claimed


def _has_news(now: datetime):
    return exists().where(
        Notification.member_id == PushDevice.member_id,
        Notification.at > PushDevice.told_until,
        Notification.at <= now - SETTLES_FOR,
        Notification.read_at.is_(None),
        Notification.kind.in_(PUSHED),
    )


def _news(device: PushDevice, now: datetime) -> tuple[News | None, datetime | None]:
    """Return what a device is to be told by now, or until when its member wants quiet."""
    member = readers.reader(device.member_id, now)
    if member is None:
        return None, None
    wishes = mail_choices.wishes_of(db.session.get(MailChoice, member.id), member.community)
    if wishes.hours.quiet(now):
        return None, wishes.hours.open_from(now)
    since = max(device.told_until, now - OLDER_ARE_LEFT)
    lines = notifications.unread_between(member, since, now - SETTLES_FOR, PUSHED, now)
    if not lines:
        return None, None
    news = News(
        community_id=member.community.id,
        community=member.community.name,
        locale=member.membership.locale or member.user.locale,
        lines=lines,
        member_number=member.id,
        topic=f"community-{member.community.id}",
    )
    return news, None


def _sent(client: OutboundClient, device: _Claimed, worded: Worded, now: datetime) -> _Later | _Never | None:
    """Hand news in to a push service; return what came in the way, None for nothing."""
    if device.news is None:
        return None
    pem = keys.decrypted(device.our_private)
    if pem is None:
        return _Later("key-encryption-key-wrong", None)
    body = push_encryption.encrypted(worded(device.news), device.public, device.secret)
    token = push_encryption.token(addresses.origin(device.endpoint), _contact(), pem, now)
    headers = {
        "Authorization": f"vapid t={token}, k={device.our_public}",
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(STAYS_FOR.total_seconds())),
        "Topic": device.news.topic,
        "Urgency": "normal",
    }
    try:
        answer = client.request("POST", device.endpoint, headers=headers, data=body, size_limit=20_000)
    except PlatformUnavailable as problem:
        return _Later(problem.code, problem.facts.get("retry_after"))
    except ServiceProblem as problem:
        return _Never(problem.code)
    if answer.status in _GONE:
        return _Never("gone")
    return None if 200 <= answer.status < 300 else _Never(f"http-{answer.status}")


def _contact() -> str:
    """Whom a push service writes to when something is wrong (RFC 8292, 2.1)."""
    chosen = settings.current()
    return f"mailto:{chosen.mail_from}" if chosen.mail_url else chosen.base_url


def _record(device: _Claimed, outcome: _Later | _Never | None, now: datetime) -> None:
    """Note what became of it; without the lease nothing."""
    if not device.lease:
        return
    ours = (PushDevice.id == device.id, PushDevice.lease == device.lease)
    match outcome:
        case _Never(problem="gone"):
            db.session.execute(delete(PushDevice).where(*ours))
        case _Later(problem=problem, retry_after=asked) if device.attempts < MOST_TRIES:
            _set(ours, due_at=next_try(now, device.attempts, asked), problem=problem[:60])
        case None:
            sent = {"sent_at": now} if device.news is not None else {}
            _set(ours, told_until=device.told_until, due_at=now, attempts=0, problem=None, **sent)
        case _:
            # It is in the notifications; what comes next is tried anew.
            _set(ours, told_until=device.told_until, due_at=now, attempts=0, problem=outcome.problem[:60])


def _set(ours: tuple, **values: object) -> None:
    changed = update(PushDevice).where(*ours).values(lease=None, **values)
    db.session.execute(changed.execution_options(synchronize_session=False))
