"""What members choose about the mails that tell them what concerns them, and what holds until they do.

Mentions, replies, announcements and what becomes of the space come at once, all else once a day; nothing at
night or at week-ends.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from sqlalchemy import select, update

from lti_tool import settings
from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.models import Community, MailChoice, MailFrequency, Membership, Notification, NotificationKind
from lti_tool.models.notification import OF_THE_SPACE
from lti_tool.permissions import Act
from lti_tool.services.acting import ActingMember
from lti_tool.services.quiet_hours import Hours
from lti_tool.services.upserts import upsert

# An address that its server refused is left alone for so long, then tried once more: a server that refused
# everybody by mistake heals, one that is really gone costs one mail a week.
REFUSED_RESTS = timedelta(days=7)
_AT_ONCE = OF_THE_SPACE | {NotificationKind.MENTION, NotificationKind.REPLY, NotificationKind.ANNOUNCEMENT}
BY_DEFAULT = {
    kind: MailFrequency.AT_ONCE if kind in _AT_ONCE else MailFrequency.DAILY for kind in NotificationKind
}
# What becomes of the space is chosen as one, under the word of what matters most; so is what staff decide.
_CHOSEN_AS = dict.fromkeys(OF_THE_SPACE, NotificationKind.PURGE_SOON) | {
    NotificationKind.STANDING: NotificationKind.MODERATED
}

# What whoever does not come any more could not learn otherwise: told also where a space sends no mails.
TOLD_ALL_THE_SAME = frozenset({NotificationKind.PURGE_SOON})

# By their words, as forms have them.
KINDS = {kind.value: kind for kind in BY_DEFAULT if _CHOSEN_AS.get(kind, kind) is kind}
FREQUENCIES = {frequency.value: frequency for frequency in MailFrequency}


@dataclass(frozen=True)
class Wishes:
    """What somebody wants: how soon each kind is told (all of them), when; `off`: no mail at all.

    `own_zone` is None while the hours are those of the community's clock.
    """

    frequencies: dict[NotificationKind, MailFrequency]
    hours: Hours
    own_zone: str | None
    off: bool = False


@dataclass(frozen=True)
class ChoicePage:
    """The page on which somebody chooses.

    `address` is where mails go, None when the LMS tells none; `refused` when its server refused it for good.
    """

    wishes: Wishes
    address: str | None
    refused: bool
    sends_mail: bool  # whether this installation can at all


def page(member: ActingMember, now: datetime) -> ChoicePage:
    """Return what the member chose. One statement."""
    member.must(Act.KEEP)
    choice = db.session.get(MailChoice, member.id)
    return ChoicePage(
        wishes=wishes_of(choice, member.community),
        address=member.user.email,
        refused=is_refused(choice, member.user.email, now),
        sends_mail=settings.current().mail_url is not None,
    )


def wishes_of(choice: MailChoice | None, community: Community) -> Wishes:
    """Return what holds for somebody: what they chose, else what is so by default."""
    if choice is None:
        return Wishes(BY_DEFAULT, Hours(community.time_zone), None)
    chosen = {
        kind: MailFrequency(choice.frequencies.get(_CHOSEN_AS.get(kind, kind), usual))
        for kind, usual in BY_DEFAULT.items()
    }
    # A zone that this machine's data no longer knows is none.
    own_zone = choice.zone if choice.zone in available_timezones() else None
    hours = Hours(
        own_zone or community.time_zone,
        choice.quiet_from,
        choice.quiet_until,
        choice.quiet_weekends,
        choice.digest_hour,
        choice.digest_day,
    )
    return Wishes(chosen, hours, own_zone, choice.off)


def is_refused(choice: MailChoice | None, address: str | None, now: datetime) -> bool:
    """Tell whether an address was refused of late; another one of the same person was not."""
    if choice is None or address is None or choice.refused_address != address:
        return False
    return choice.refused_at is not None and now - choice.refused_at < REFUSED_RESTS


def save(member: ActingMember, wishes: Wishes, now: datetime) -> None:
    """Keep what the member chose; what waits for a mail is decided anew.

    :raises Unfit: a zone that does not exist.
    """
    member.must(Act.KEEP)
    if wishes.own_zone is not None and wishes.own_zone not in available_timezones():
        raise Unfit({"zone": ["unknown"]})
    _keep(member.id, wishes, now)


def try_again(member: ActingMember) -> None:
    """Send to an address again that was refused: its owner has put it in order."""
    member.must(Act.KEEP)
    again = update(MailChoice).where(MailChoice.member_id == member.id)
    db.session.execute(again.values(refused_address=None, refused_at=None))


def stop(member_id: int, now: datetime) -> None:
    """Send somebody no mail any more, by a link out of one. They may choose otherwise at any time."""
    _keep(member_id, replace(_wishes(member_id), off=True), now)


def go_on(member_id: int, now: datetime) -> None:
    """Take a `stop` back: everything is as it was chosen before."""
    _keep(member_id, replace(_wishes(member_id), off=False), now)


def weekly_only(member_id: int, now: datetime) -> None:
    """Tell somebody once a week what came by mail sooner, by a link out of a mail."""
    wishes = _wishes(member_id)
    rarer = {
        kind: frequency if frequency is MailFrequency.NEVER else MailFrequency.WEEKLY
        for kind, frequency in wishes.frequencies.items()
    }
    _keep(member_id, replace(wishes, frequencies=rarer, off=False), now)


def note_refusal(member_id: int, address: str, now: datetime) -> None:
    """Send nothing to an address for a while: its server refused it for good."""
    membership = db.session.get_one(Membership, member_id)
    _upsert(membership.id, wishes_of(db.session.get(MailChoice, member_id), membership.community))
    refused = update(MailChoice).where(MailChoice.member_id == member_id)
    db.session.execute(refused.values(refused_address=address, refused_at=now))


def _wishes(member_id: int) -> Wishes:
    community = select(Community).join(Membership, Membership.community_id == Community.id)
    here = db.session.scalars(community.where(Membership.id == member_id)).one()
    return wishes_of(db.session.get(MailChoice, member_id), here)


def _keep(member_id: int, wishes: Wishes, now: datetime) -> None:
    _upsert(member_id, wishes)
    waits = (Notification.member_id == member_id, Notification.mail_due_at.is_not(None))
    anew = update(Notification).where(*waits).values(mail_due_at=now)
    db.session.execute(anew.execution_options(synchronize_session=False))


def _upsert(member_id: int, wishes: Wishes) -> None:
    hours = wishes.hours
    values = {
        "off": wishes.off,
        "frequencies": {kind.value: frequency.value for kind, frequency in wishes.frequencies.items()},
        "zone": wishes.own_zone,
        "quiet_from": hours.quiet_from,
        "quiet_until": hours.quiet_until,
        "quiet_weekends": hours.quiet_weekends,
        "digest_hour": hours.digest_hour,
        "digest_day": hours.digest_day,
    }
    upsert(MailChoice, {"member_id": member_id}, values, tuple(values))
