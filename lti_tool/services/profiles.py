"""What members say of themselves: a name of their choice, what they like to be asked and help with."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lti_tool.errors import Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.folding import folded
from lti_tool.models import Membership
from lti_tool.services import changes, people, standings, topic_help
from lti_tool.services.acting import ActingMember
from lti_tool.services.topic_help import HelpTopic

# How pages call those who have no name, in every language we speak: nobody else is called so.
_LOOKS_NAMELESS = re.compile(r"(member|membre)\s*\d+|(a )?former member|(un )?ancien(ne)? membre")


@dataclass(frozen=True)
class ProfileDraft:
    """What a member fills in about themselves; `name` None where the LMS sends one, or none is chosen."""

    name: str | None
    asks_about: str | None
    topics: Collection[int]
    shortcuts: bool


@dataclass(frozen=True)
class Profile:
    """What a member's own page to change it holds. `may_choose_name`: the LMS sends none."""

    may_choose_name: bool
    name: str | None
    asks_about: str | None
    shortcuts: bool
    has_picture: bool
    lms_has_one: bool  # a picture of theirs; `initials_only`: they do not want it to be shown
    initials_only: bool
    topics: Sequence[HelpTopic]


def of(member: ActingMember, now: datetime) -> Profile:
    """Return a member's own profile. Five statements at most."""
    membership = member.membership
    return Profile(
        may_choose_name=may_choose_name(member),
        name=membership.pseudonym,
        asks_about=membership.asks_about,
        shortcuts=membership.shortcuts,
        has_picture=membership.picture_key is not None,
        lms_has_one=member.user.picture_key is not None,
        initials_only=membership.initials_only,
        topics=topic_help.to_choose(member, now),
    )


def may_choose_name(member: ActingMember) -> bool:
    """Tell whether the member is called as they choose: the LMS sends no name of theirs."""
    return people.name_in_lms(member.user) is None


def save(member: ActingMember, draft: ProfileDraft) -> None:
    """Take over what a member says of themselves; everybody reads it from now on, also in what is written.

    :raises Unfit: somebody else here is called so, or pages call nobody so.
    :raises NotAllowed: `muted`, with other words; what is there they may still take away.
    """
    said = (draft.asks_about, draft.name if may_choose_name(member) else None)
    if any(set(said) - {member.membership.asks_about, member.membership.pseudonym, None, ""}):
        member.must_not_be_muted()
    if may_choose_name(member):
        _rename(member, draft.name)
    else:
        member.membership.pseudonym = None  # chosen before the LMS sent a name
    member.membership.asks_about = draft.asks_about
    member.membership.shortcuts = draft.shortcuts
    topic_help.choose(member, draft.topics)


def _rename(member: ActingMember, name: str | None) -> None:
    if name is None or name == member.membership.pseudonym:
        member.membership.pseudonym = name
        return
    changes.in_order(member)  # of two who choose one name at once, the second is told
    key = comparable(name)
    if not key or _LOOKS_NAMELESS.fullmatch(key):
        raise Unfit({"name": ["name-not-allowed"]})
    called = standings.called(member.community.id, key).where(Membership.id != member.id)
    if db.session.scalar(select(called.exists())):
        raise Unfit({"name": ["name-of-another"]})
    member.membership.pseudonym = name


def comparable(name: str) -> str:
    """Return a name as it looks: what cannot be seen left out, compatible letters as one, folded."""
    seen = "".join(one for one in unicodedata.normalize("NFKC", name) if unicodedata.category(one) != "Cf")
    return folded(" ".join(seen.split()))
