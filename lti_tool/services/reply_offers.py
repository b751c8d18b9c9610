"""Whether a mail can be answered by mail: one that tells of one thread, in which its reader may write."""

from collections.abc import Sequence
from datetime import datetime

from lti_tool import settings
from lti_tool.errors import NotFound
from lti_tool.models import NotificationKind
from lti_tool.permissions import Act
from lti_tool.services import charters, contributions, reply_addresses, subgroups
from lti_tool.services.acting import ActingMember
from lti_tool.services.notifications import Line

# What is told of somebody's words; thanks, decisions and the life of the space are answered in the tool.
_ANSWERABLE = frozenset(
    {
        NotificationKind.MENTION,
        NotificationKind.REPLY,
        NotificationKind.ANNOUNCEMENT,
        NotificationKind.FOLLOWED,
        NotificationKind.COULD_HELP,
        NotificationKind.TOPIC,
        NotificationKind.ACCEPTED,
    }
)


def offered(member: ActingMember, recipient: str, lines: Sequence[Line], now: datetime) -> str | None:
    """Return the address for answers to a mail that tells of these lines, None where there is none.

    Of several replies in the thread none is answered by itself: the answer goes to the thread. Three
    statements at most, none where the operator takes no answers.
    """
    if settings.current().inbound_mail_url is None or len(lines) != 1:
        return None
    (line,) = lines
    if line.kind not in _ANSWERABLE or line.post_id is None or not _may_write(member, line.post_id, now):
        return None
    comment_id = line.comment_id if line.count == 1 else None
    return reply_addresses.address_for(member, recipient, line.post_id, comment_id, now)


def _may_write(member: ActingMember, post_id: int, now: datetime) -> bool:
    if not member.may(Act.WRITE_COMMENT):
        return False
    try:
        post = contributions.post_here(member, post_id, now)
    except NotFound:
        return False
    if post.deleted_at is not None or post.locked_at is not None or contributions.is_coming(post, now):
        return False
    if post.subgroup_id is not None and not subgroups.takes_new(post.subgroup_id):
        return False
    return charters.to_accept(member) is None
