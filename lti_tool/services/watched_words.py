"""Words that staff watch for: whoever writes one is not refused, and staff are asked to look at it."""

from datetime import datetime

from lti_tool.knowledge import watching
from lti_tool.models import Comment, Post
from lti_tool.permissions import Act
from lti_tool.services import cases, mentions
from lti_tool.services.acting import ActingMember


def look_at(member: ActingMember, post: Post, comment: Comment | None, now: datetime) -> None:
    """Ask staff to look at `comment`, else `post`, when it has watched words that it did not have before.

    What staff write themselves, and what is hidden, is looked at by other ways. Two statements at most.
    """
    contribution = comment or post
    phrases = watching.phrases_of(member.community.watched_words)
    if not phrases or member.may(Act.MODERATE) or contribution.hidden_at is not None:
        return
    title = [] if comment is not None else [post.title]
    found = watching.found_in([*title, *mentions.texts_of(contribution)], phrases)
    if not found:
        return
    case = cases.open_case(post, comment)
    if set(found) - set(case.watched or ()):
        case.watched, case.watched_at = found, case.watched_at or now
        cases.tell_whether_it_waits(case)
