"""What the rows about a person are: from where they come, who reads them, and until when they are kept.

Said once for every table that belongs to a person; a test asks it of each. Pages put it into words.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from lti_tool.services import drafts, kept_texts, launch_log, messages, notifications, replying
from lti_tool.services.sessions import ABSOLUTE_LIMIT


class Source(StrEnum):
    """Who brought it."""

    LMS = "lms"
    MYSELF = "myself"
    OTHERS = "others"
    TOOL = "tool"  # made here, of what was done


class Readers(StrEnum):
    """Who can read it beside oneself."""

    NOBODY = "nobody"
    MEMBERS = "members"  # who reads contributions here; of a sub-group, its members
    STAFF = "staff"  # who looks after the community
    TRAINERS = "trainers"
    ADMINISTRATORS = "administrators"  # of the connection to the LMS


class Group(StrEnum):
    """Under which heading it stands."""

    WRITTEN = "written"
    SAID = "said"
    FOR_ONESELF = "for-oneself"
    SCORE = "score"
    COMING_IN = "coming-in"


@dataclass(frozen=True)
class Kind:
    """A kind of what is held. `kept_for` is None where it stays until one is erased, or the space is."""

    key: str
    group: Group
    source: Source
    readers: Readers
    kept_for: timedelta | None = None


_WRITTEN = (Group.WRITTEN, Source.MYSELF, Readers.MEMBERS)
_SAID = (Group.SAID, Source.MYSELF, Readers.MEMBERS)
_MINE = (Group.FOR_ONESELF, Source.MYSELF, Readers.NOBODY)
_SCORE = (Group.SCORE, Source.OTHERS, Readers.TRAINERS)

# Table to kind. Several tables may be one kind.
KINDS = {
    "post": Kind("posts", *_WRITTEN),
    "comment": Kind("comments", *_WRITTEN),
    "revision": Kind("earlier-wordings", *_WRITTEN),
    "attachment": Kind("files", *_WRITTEN),
    "reaction": Kind("reactions", *_SAID),
    "poll_ballot": Kind("ballots", *_SAID),
    "mention": Kind("mentions", Group.SAID, Source.OTHERS, Readers.MEMBERS),
    "subgroup_member": Kind("subgroups", Group.SAID, Source.OTHERS, Readers.MEMBERS),
    "charter_acceptance": Kind("acceptances", Group.SAID, Source.MYSELF, Readers.STAFF),
    "moderation_case": Kind("moderation", Group.SAID, Source.OTHERS, Readers.STAFF),
    "member_measure": Kind("measures", Group.COMING_IN, Source.OTHERS, Readers.STAFF),
    "draft": Kind("drafts", *_MINE, drafts.KEPT_FOR),
    "kept_text": Kind("unsent-texts", *_MINE, kept_texts.KEPT_FOR),
    "notification": Kind(
        "notifications", Group.FOR_ONESELF, Source.TOOL, Readers.NOBODY, notifications.UNREAD_ARE_KEPT_FOR
    ),
    "message": Kind("mails", Group.FOR_ONESELF, Source.TOOL, Readers.NOBODY, messages.MEMBERS_KEPT_FOR),
    "inbound_mail": Kind(
        "answers-by-mail", Group.FOR_ONESELF, Source.TOOL, Readers.NOBODY, replying.KEPT_FOR
    ),
    "mail_choice": Kind("mail-choices", *_MINE),
    "calendar_feed": Kind("calendars", *_MINE),
    "push_device": Kind("devices", *_MINE),
    "thread_reader": Kind("read-and-followed", *_MINE),
    "topic_standing": Kind("read-and-followed", *_MINE),
    "contribution_fact": Kind("facts", Group.SCORE, Source.TOOL, Readers.TRAINERS),
    "assessment_fact": Kind("judgements", *_SCORE),
    "grade_decision": Kind("decisions", *_SCORE),
    "feedback": Kind("feedback", *_SCORE),
    "score_question": Kind("questions", Group.SCORE, Source.MYSELF, Readers.TRAINERS),
    "running_score": Kind("scores", Group.SCORE, Source.TOOL, Readers.TRAINERS),
    "score_statement": Kind("statements", Group.SCORE, Source.TOOL, Readers.TRAINERS),
    "score_delivery": Kind("sent-scores", Group.SCORE, Source.TOOL, Readers.TRAINERS),
    "enrolment": Kind("courses", Group.COMING_IN, Source.LMS, Readers.STAFF),
    "membership": Kind("communities", Group.COMING_IN, Source.TOOL, Readers.MEMBERS),
    "guest_invitation": Kind("invitation", Group.COMING_IN, Source.OTHERS, Readers.STAFF),
    "seat": Kind("visits", Group.COMING_IN, Source.TOOL, Readers.NOBODY, ABSOLUTE_LIMIT),
    "launch_record": Kind(
        "launches",
        Group.COMING_IN,
        Source.TOOL,
        Readers.ADMINISTRATORS,
        max(launch_log.KEPT_FOR.values()),
    ),
    "personal_copy": Kind("data-requests", Group.COMING_IN, Source.MYSELF, Readers.NOBODY),
    "erasure_request": Kind("data-requests", Group.COMING_IN, Source.MYSELF, Readers.ADMINISTRATORS),
}
# Of a table that is not named above.
OTHER = Kind("other", Group.COMING_IN, Source.TOOL, Readers.ADMINISTRATORS)


def by_group() -> dict[Group, list[Kind]]:
    """Return every kind under its heading, each once."""
    kinds = dict.fromkeys([*KINDS.values(), OTHER])
    return {group: [kind for kind in kinds if kind.group is group] for group in Group}
