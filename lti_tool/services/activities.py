"""What a placed link opens: an activity key, looked for in the community of the launching course alone.

A key stays when a course is copied; what it names does not come along by itself. Somebody of the staff then
brings it over, when they are staff where it is, or begins it anew.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import and_, or_, select, update

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.lti import names
from lti_tool.lti.launch import Launch
from lti_tool.models import (
    Community,
    CommunityState,
    Course,
    Enrolment,
    GradeColumn,
    LineItem,
    LineItemState,
    Membership,
    Post,
    Prompt,
)
from lti_tool.permissions import Act, allows
from lti_tool.services import audit, changes, outbox, prompts, roles
from lti_tool.services.acting import ActingMember
from lti_tool.services.problems import Problem
from lti_tool.services.prompts import PromptDraft
from lti_tool.services.roles import STAFF

# The community itself: with the identifier of the column that was placed with it, or without one.
SPACE = "space"
_OF_COLUMN = "column-"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,59}", re.ASCII)
_LONGEST_PROMPT_KEY = 36  # the size of its column


@dataclass(frozen=True)
class Source:
    """A prompt of another community that could be brought over by who asks."""

    prompt_id: int
    community: str
    title: str
    body: str


def key_of_column(column: GradeColumn) -> str:
    """Return the key of a link that opens the community and has this column."""
    return f"{_OF_COLUMN}{column.uuid}"


def key_in(launch: Launch) -> str | None:
    """Return the activity key of a launch, None when it has none: then it leads where its target says.

    Keys that name the community itself count as none, after a copy of the course as well.
    """
    key = launch.custom.get(names.ACTIVITY, "")
    return key if key != SPACE and _is_of_a_prompt(key) else None


def opened_by(launch: Launch) -> str | None:
    """Return the activity key of a launch by somebody who may read in a community, None otherwise.

    Who only passes by, a mentor say, is shown the lobby by any link, and not a refusal.
    """
    return key_in(launch) if allows(launch.role, Act.READ, CommunityState.OPEN) else None


def _is_of_a_prompt(key: str) -> bool:
    """Whether a prompt can have this key: those of columns are longer."""
    return _KEY.fullmatch(key) is not None and len(key) <= _LONGEST_PROMPT_KEY


def post_of(community_id: int, key: str, *, coming_too: bool, now: datetime) -> int | None:
    """Return the post of the prompt with this key in a community; None when there is none to be seen."""
    wanted = (
        select(Post.id)
        .join(Prompt, Prompt.id == Post.prompt_id)
        .where(
            Prompt.community_id == community_id,
            Prompt.key == key,
            Post.opens_prompt.is_(True),
            Post.deleted_at.is_(None),
        )
    )
    if not coming_too:
        wanted = wanted.where(Prompt.opens_at <= now)
    return db.session.scalars(wanted.limit(1)).one_or_none()


def is_coming(community_id: int, key: str, now: datetime) -> bool:
    """Tell whether the prompt with this key is set and has not opened yet."""
    wanted = select(Prompt.id).where(
        Prompt.community_id == community_id,
        Prompt.key == key,
        Prompt.opens_at > now,
        Prompt.withdrawn_at.is_(None),
    )
    return db.session.scalars(wanted).one_or_none() is not None


def sources(member: ActingMember, key: str, now: datetime) -> list[Source]:
    """Return the prompts with this key in other communities where this very person is staff, newest first.

    Of the same organisation only. To everybody else it is not said that there are any. Two statements.
    """
    if not member.may(Act.SET_PROMPT):
        return []
    found = db.session.execute(
        select(Prompt.id, Prompt.community_id, Community.name, Post.title, Post.body, Membership)
        .select_from(Membership)
        .join(Community, Community.id == Membership.community_id)
        .join(Prompt, and_(Prompt.community_id == Community.id, Prompt.key == key))
        .join(Post, and_(Post.prompt_id == Prompt.id, Post.opens_prompt.is_(True)))
        .where(
            Membership.user_id == member.user.id,
            Community.id != member.community.id,
            Community.organisation_id == member.community.organisation_id,
            Prompt.withdrawn_at.is_(None),
            Post.deleted_at.is_(None),
        )
        .order_by(Prompt.id.desc())
    ).all()
    enrolled = _enrolments(member.user.id, [row.community_id for row in found])
    return [
        Source(row.id, row.name, row.title, row.body)
        for row in found
        if roles.in_force(row.Membership, enrolled.get(row.community_id, []), now) in STAFF
    ]


def _enrolments(user_id: int, community_ids: list[int]) -> dict[int, list[Enrolment]]:
    """Return somebody's enrolments in the courses of some communities; one statement, or none."""
    enrolled: dict[int, list[Enrolment]] = {}
    if community_ids:
        wanted = (
            select(Enrolment, Course.community_id)
            .join(Course, Course.id == Enrolment.course_id)
            .where(Enrolment.user_id == user_id, Course.community_id.in_(community_ids))
        )
        for enrolment, community_id in db.session.execute(wanted):
            enrolled.setdefault(community_id, []).append(enrolment)
    return enrolled


def bring_over(member: ActingMember, key: str, prompt_id: int, now: datetime) -> Post:
    """Set the same prompt here, with the words it has there, by who brings it; it opens at once, undated.

    :raises NotFound: nothing of that number may be brought over by this person.
    """
    member.must(Act.SET_PROMPT)
    source = next((one for one in sources(member, key, now) if one.prompt_id == prompt_id), None)
    if source is None:
        raise NotFound()
    post = start(member, key, PromptDraft(source.title, source.body, None, None), now)
    audit.record(member, "activity.brought-over", f"prompt:{post.prompt_id}", now, source=prompt_id)
    return post


def start(member: ActingMember, key: str, draft: PromptDraft, now: datetime) -> Post:
    """Set a prompt under a key that a link in the course has already; somebody faster is not undone.

    :raises Unfit: a date that cannot be, by field. :raises NotFound: this can be no key.
    """
    member.must(Act.SET_PROMPT)
    if not _is_of_a_prompt(key):
        raise NotFound()
    changes.in_order(member)
    there = post_of(member.community.id, key, coming_too=True, now=now)
    if there is not None:
        return db.session.get_one(Post, there)
    _free(member.community.id, key)
    return prompts.set_prompt(member, draft, now, key=key)


def _free(community_id: int, key: str) -> None:
    """Take the key from a prompt that went with its words: no page leads to it any more."""
    db.session.execute(
        update(Prompt)
        .where(Prompt.community_id == community_id, Prompt.key == key)
        .values(key=str(uuid4()))
        .execution_options(synchronize_session=False)
    )


def bind_column(launch: Launch, course_id: int, now: datetime) -> None:
    """Bind the column that the LMS made together with a placed link, as its first launch names it.

    Placing it was a trainer's act (DESIGN 3): without that act nothing waits to be bound, whoever launches
    first. At most one statement, and none for a launch that names no activity or no column.
    """
    key, url = launch.custom.get(names.ACTIVITY), launch.grades.line_item_url if launch.grades else None
    if not key or not url or not _KEY.fullmatch(key):
        return
    of_prompt = (
        select(GradeColumn.id)
        .join(Prompt, Prompt.id == GradeColumn.prompt_id)
        .join(Course, Course.community_id == Prompt.community_id)
        .where(Course.id == course_id, Prompt.key == key)
    )
    of_space = select(GradeColumn.id).where(GradeColumn.uuid == key.removeprefix(_OF_COLUMN))
    waiting = or_(
        LineItem.state == LineItemState.WANTED,
        and_(LineItem.state == LineItemState.REFUSED, LineItem.problem == Problem.LINE_ITEM_GONE.value),
    )
    bound = db.session.execute(
        update(LineItem)
        .where(
            LineItem.course_id == course_id,
            LineItem.placed.is_(True),
            LineItem.url.is_(None),
            waiting,
            LineItem.column_id.in_(of_space if key.startswith(_OF_COLUMN) else of_prompt),
        )
        .values(
            state=LineItemState.WANTED, url=url, due_at=now, attempts=0, problem=None, problem_detail=None
        )
        .execution_options(synchronize_session=False)
    )
    if bound.rowcount:
        outbox.wake(outbox.LINE_ITEMS)


# So long a link may take to be saved in the LMS; then its column is looked for by its tag.
SAVED_WITHIN = timedelta(hours=1)
