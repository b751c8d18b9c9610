"""Placing links in a course: what staff may choose from when the LMS asks, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from lti_tool.errors import Stale, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge import markdown, mentions
from lti_tool.lti import deep_linking
from lti_tool.lti.deep_linking import ContentItem, LineItemWanted
from lti_tool.lti.launch import Launch
from lti_tool.models import (
    ColumnKind,
    Community,
    Course,
    Deployment,
    Enrolment,
    GradeColumn,
    LineItem,
    LineItemState,
    Membership,
    Post,
    Prompt,
    User,
)
from lti_tool.permissions import Act
from lti_tool.services import activities, audit, columns, prompts, roles
from lti_tool.services.acting import ActingMember
from lti_tool.services.line_items import TAG
from lti_tool.services.problems import Problem
from lti_tool.services.prompts import PromptDraft
from lti_tool.services.roles import STAFF

# What an LMS shows beside a link is short.
_LONGEST_TEXT = 300
_MOST_PROMPTS = 100


@dataclass(frozen=True)
class ColumnChoice:
    """The gradebook column that a link may bring along: its name and maximum, fixed where it exists here."""

    name: str
    maximum: Decimal
    fixed: bool


@dataclass(frozen=True)
class PromptChoice:
    """A prompt that may be placed; `column` None: it has one in this course already, or nothing is graded."""

    id: int
    title: str
    opens_at: datetime
    deadline: datetime | None
    column: ColumnChoice | None
    has_column: bool


@dataclass(frozen=True)
class Choices:
    """What may be placed in the course of a launch. `grading`: it is switched on in the community.

    `new_column`: a new prompt may bring one along; `new_prompt`: one may be set at all.
    """

    community: str
    zone: str
    grading: bool
    new_prompt: bool
    new_column: ColumnChoice | None
    column: ColumnChoice | None
    prompts: list[PromptChoice]
    more_prompts: bool


@dataclass(frozen=True)
class Chosen:
    """One thing to be placed: the community (no prompt), a prompt, or a new one (`draft`).

    `maximum` is of the column to go along, None for none.
    """

    title: str
    prompt_id: int | None = None
    draft: PromptDraft | None = None
    maximum: Decimal | None = None


def must_be_staff(launch: Launch) -> None:
    """Refuse whoever may not place anything: that an LMS sends the message grants nothing.

    :raises LaunchRefused: `deep-linking-not-staff` (403).
    """
    if launch.role not in STAFF or launch.test_user:
        raise launch.refused("deep-linking-not-staff", launch.role.value)


def acting(launch: Launch, now: datetime) -> ActingMember:
    """Return the member that a launch into this course has made, in the role it gives. One statement.

    :raises LaunchRefused: `deep-linking-not-staff`; also when the course or the person is gone meanwhile.
    """
    must_be_staff(launch)
    rows = db.session.execute(_who_launched(launch)).all()
    role = None
    if rows:
        role = roles.of_seat(launch.role, rows[0].Membership, [row.Enrolment for row in rows], now)
    if role not in STAFF:
        raise launch.refused("deep-linking-not-staff", "gone meanwhile")
    return ActingMember(
        membership=rows[0].Membership,
        user=rows[0].User,
        community=rows[0].Community,
        role=role,
        scored=False,
        course_id=rows[0].course_id,
    )


def _who_launched(launch: Launch):
    """Ask for person and community of a launch, a row for each of the person's enrolments there.

    The deployment by its name: when the LMS sent the launch, it may have had no number yet.
    """
    theirs = aliased(Course)
    return (
        select(User, Membership, Community, Course.id.label("course_id"), Enrolment)
        .select_from(Deployment)
        .join(Course, and_(Course.deployment_id == Deployment.id, Course.context_id == launch.context.id))
        .join(Community, Community.id == Course.community_id)
        .join(User, and_(User.platform_id == launch.platform_id, User.sub == launch.sub))
        .join(Membership, and_(Membership.community_id == Community.id, Membership.user_id == User.id))
        .join(Enrolment, Enrolment.user_id == User.id)
        .join(theirs, and_(theirs.id == Enrolment.course_id, theirs.community_id == Community.id))
        .where(
            Deployment.platform_id == launch.platform_id,
            Deployment.deployment_id == launch.deployment_id,
        )
    )


def choices(member: ActingMember, takes_line_items: bool) -> Choices:
    """Return what may be placed in the acting member's course; three statements."""
    member.must(Act.PLACE_CONTENT)
    found = _columns(member)
    whole = found.get(None)
    listed = _prompts(member)
    may_grade = takes_line_items and member.may(Act.MANAGE_GRADES) and whole is not None
    return Choices(
        community=member.community.name,
        zone=member.community.time_zone,
        grading=whole is not None,
        new_prompt=member.may(Act.SET_PROMPT),
        new_column=_choice(None) if may_grade else None,
        column=_choice(whole) if may_grade and _is_free(whole) else None,
        prompts=[
            PromptChoice(
                id=prompt.id,
                title=post.title,
                opens_at=prompt.opens_at,
                deadline=prompt.deadline,
                column=_choice(found.get(prompt.id), post.title)
                if may_grade and _is_free(found.get(prompt.id))
                else None,
                has_column=not _is_free(found.get(prompt.id)),
            )
            for prompt, post in listed[:_MOST_PROMPTS]
        ],
        more_prompts=len(listed) > _MOST_PROMPTS,
    )


def place(member: ActingMember, wanted: Sequence[Chosen], now: datetime) -> list[ContentItem]:
    """Make what the chosen links need here (new prompts, columns), and return the links for the LMS.

    Nothing is made in the LMS by us: it makes the column together with the link, and we find it then.

    :raises Stale: a prompt is gone meanwhile. :raises Unfit: a date of a new prompt that cannot be, by field.
    """
    member.must(Act.PLACE_CONTENT)
    return [_placed(member, one, now) for one in wanted]


def _placed(member: ActingMember, one: Chosen, now: datetime) -> ContentItem:
    if one.draft is not None:
        try:
            post = prompts.set_prompt(member, one.draft, now)
        except Unfit as problem:
            raise Unfit({f"{field}-new": codes for field, codes in problem.problems.items()}) from problem
        prompt = db.session.get_one(Prompt, post.prompt_id)
    elif one.prompt_id is not None:
        prompt, post = _prompt(member, one.prompt_id)
    else:
        return _space(member, one, now)
    column = None
    if one.maximum is not None:
        column = _column(member, ColumnKind.PROMPT, prompt.id, post.title, one.maximum, now)
    audit.record(member, "activity.placed", f"prompt:{prompt.id}", now, column=column and column.id)
    return ContentItem(
        title=one.title,
        text=mentions.nameless(markdown.excerpt(post.body, _LONGEST_TEXT)) or None,
        activity=prompt.key,
        line_item=_line_item(column, prompt.key),
        opens_at=prompt.opens_at if prompt.opens_at > now else None,
        deadline=prompt.deadline,
    )


def _space(member: ActingMember, one: Chosen, now: datetime) -> ContentItem:
    column = None
    if one.maximum is not None:
        column = _column(member, ColumnKind.PARTICIPATION, None, one.title, one.maximum, now)
    audit.record(
        member, "activity.placed", f"community:{member.community.id}", now, column=column and column.id
    )
    key = activities.key_of_column(column) if column is not None else activities.SPACE
    return ContentItem(title=one.title, text=None, activity=key, line_item=_line_item(column, key))


def _column(
    member: ActingMember,
    kind: ColumnKind,
    prompt_id: int | None,
    name: str,
    maximum: Decimal,
    now: datetime,
) -> GradeColumn:
    """Find or make our side of a column, and have it wait for the one that the LMS makes with the link."""
    member.must(Act.MANAGE_GRADES)
    _in_a_row(member)
    found = _columns(member)
    if None not in found:
        raise Unfit({"what": ["grading-off"]})
    there = found.get(prompt_id)
    if there is None:
        column = columns.make(
            member,
            kind=kind,
            measures=f"{kind.value}:{prompt_id}",
            name=name,
            maximum=maximum,
            policy_id=found[None][0].policy_id,
            prompt_id=prompt_id,
            now=now,
        )
        there = (column, None)
        columns.want_elsewhere(column, member.course_id, now)
    column, item = there
    if item is None:
        item = LineItem(column_id=column.id, course_id=member.course_id)
        db.session.add(item)
    elif item.state is LineItemState.BOUND:
        raise Stale("column-bound")
    item.state, item.placed, item.ours, item.url = LineItemState.WANTED, True, False, None
    # By then the link is saved, or it never will be.
    item.due_at, item.attempts = now + activities.SAVED_WITHIN, 0
    item.problem = item.problem_detail = None
    db.session.flush()
    return column


def _in_a_row(member: ActingMember) -> None:
    """Have those who add columns wait for each other, as `column_settings.add` does."""
    whole = select(GradeColumn.id).where(
        GradeColumn.community_id == member.community.id, GradeColumn.kind == ColumnKind.PARTICIPATION
    )
    db.session.execute(whole.with_for_update(key_share=True))


def _line_item(column: GradeColumn | None, key: str) -> LineItemWanted | None:
    if column is None:
        return None
    return LineItemWanted(column.name, column.maximum, resource_id=key, tag=TAG + column.uuid)


def _columns(member: ActingMember) -> dict[int | None, tuple[GradeColumn, LineItem | None]]:
    """Return the columns of the community by prompt (None: the whole score), each with its place here."""
    rows = db.session.execute(
        select(GradeColumn, LineItem)
        .outerjoin(
            LineItem, and_(LineItem.column_id == GradeColumn.id, LineItem.course_id == member.course_id)
        )
        .where(
            GradeColumn.community_id == member.community.id,
            or_(GradeColumn.prompt_id.is_not(None), GradeColumn.kind == ColumnKind.PARTICIPATION),
        )
    )
    return {column.prompt_id: (column, item) for column, item in rows}


def _is_free(there: tuple[GradeColumn, LineItem | None] | None) -> bool:
    """Tell whether a link may bring this column along: the LMS of this course has none of it yet."""
    if there is None or there[1] is None:
        return True
    item = there[1]
    gone = item.state is LineItemState.REFUSED and item.problem == Problem.LINE_ITEM_GONE.value
    return gone or (item.state is LineItemState.WANTED and item.placed)


def _choice(there: tuple[GradeColumn, LineItem | None] | None, name: str = "") -> ColumnChoice:
    if there is None:
        return ColumnChoice(name, columns.USUAL_MAXIMUM, fixed=False)
    return ColumnChoice(there[0].name, there[0].maximum, fixed=True)


def _prompts(member: ActingMember) -> list[tuple[Prompt, Post]]:
    rows = db.session.execute(
        _standing(member).order_by(Prompt.opens_at.desc(), Prompt.id.desc()).limit(_MOST_PROMPTS + 1)
    )
    return [(prompt, post) for prompt, post in rows]


def _prompt(member: ActingMember, prompt_id: int) -> tuple[Prompt, Post]:
    row = db.session.execute(_standing(member).where(Prompt.id == prompt_id)).one_or_none()
    if row is None:
        raise Stale("prompt-gone")
    return row.Prompt, row.Post


def _standing(member: ActingMember):
    return (
        select(Prompt, Post)
        .join(Post, and_(Post.prompt_id == Prompt.id, Post.opens_prompt.is_(True)))
        .where(
            Prompt.community_id == member.community.id,
            Prompt.withdrawn_at.is_(None),
            Post.deleted_at.is_(None),
        )
    )


def answered(launch: Launch, items: Sequence[ContentItem], base_url: str, now: datetime) -> str:
    """Sign what was chosen for the LMS that asked; nothing chosen is an answer, too."""
    return deep_linking.answer(launch, items, base_url, now)
