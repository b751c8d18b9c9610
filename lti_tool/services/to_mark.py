"""The contributions that have no mark yet, of everybody who is graded, for the trainer to go through."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.grading.facts import Kind
from lti_tool.grading.periods import Period
from lti_tool.models import Comment, ContributionFact, Membership, Post, User
from lti_tool.permissions import Act
from lti_tool.services import cursors, participation, people, prompt_views, rules
from lti_tool.services.acting import ActingMember
from lti_tool.services.assessment_reading import Text, subject_of
from lti_tool.services.facts import Place
from lti_tool.services.marking import CONTRIBUTED
from lti_tool.services.people import Person
from lti_tool.services.rules import KIND_OF_COMMENT, KIND_OF_POST, Rules

PAGE = 20
# More than so many are not counted one by one.
MOST_COUNTED = 1000
# What members write, as the policy names it.
KINDS = tuple(dict.fromkeys([*KIND_OF_POST.values(), KIND_OF_COMMENT]))


@dataclass(frozen=True)
class Asked:
    """Which contributions are asked for, None: all. What there is none of finds nothing.

    `members` are the numbers of learners, none: everybody; `before` is the place where a page begins.
    """

    week: int | None = None
    prompt: int | None = None
    kind: Kind | None = None
    members: tuple[int, ...] = ()
    before: str | None = None

    @property
    def narrowed(self) -> bool:
        """Whether anything but all of it is asked for."""
        return bool(self.week or self.prompt or self.kind or self.members)


@dataclass(frozen=True)
class Unmarked:
    """A contribution without a mark: its words, what they answer, who wrote them."""

    subject: str
    title: str
    kind: Kind
    at: datetime
    person: Person
    text: Text

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return self.subject.replace(":", "-")


@dataclass(frozen=True)
class ToMark:
    """One page of them, the newest first; `count` of all pages is MOST_COUNTED where there are more."""

    contributions: list[Unmarked]
    older: str | None
    count: int
    asked: Asked
    learners: list[Person]  # who are asked for by name
    marks: tuple[Fraction, ...]
    periods: tuple[Period, ...]
    prompts: dict[int, str]
    kinds: tuple[Kind, ...]
    zone: str


def to_mark(member: ActingMember, asked: Asked, now: datetime) -> ToMark:
    """Return what is to be marked, for the staff who grade; five statements.

    :raises NotFound: grading is off.
    """
    member.must(Act.MANAGE_GRADES)
    by = rules.in_force(member.community.id)
    if by is None:
        raise NotFound("grading-off")
    graded = {person.number: person for person in participation.scored_people(by.community_id, now)}
    learners = [graded[number] for number in asked.members if number in graded]
    among = [person.number for person in learners] if asked.members else graded
    unmarked = _unmarked(by, asked, among)
    rows = db.session.execute(_page(unmarked, asked.before)).all()
    return ToMark(
        contributions=[_contribution(graded, *row) for row in rows[:PAGE]],
        older=_after(rows[PAGE - 1][0]) if len(rows) > PAGE else None,
        count=db.session.scalar(_counted(unmarked)),
        asked=asked,
        learners=learners,
        marks=tuple(sorted(by.policy.marks)),
        periods=tuple(period for period in by.periods if period.starts_at <= now),
        prompts=prompt_views.titles_of(by.community_id, now),
        kinds=KINDS,
        zone=by.zone,
    )


def _unmarked(by: Rules, asked: Asked, among: Iterable[int]) -> Select:
    """Return the facts that the wanted contributions were written, of those that stand without a mark.

    The members are written into the statement: there may be more of them than a statement takes parameters.
    """
    members = bindparam("among", list(among), expanding=True, literal_execute=True)
    latest_mark = _latest(ContributionFact.quality, [FactAct.MARKED])
    shown_or_hidden = _latest(ContributionFact.act, [FactAct.HIDDEN, FactAct.RESTORED])
    return (
        select(ContributionFact)
        .join(Post, Post.id == ContributionFact.post_id)
        .outerjoin(Comment, Comment.id == ContributionFact.comment_id)
        .where(
            ContributionFact.community_id == by.community_id,
            ContributionFact.member_id.in_(members),
            ContributionFact.act == FactAct.WRITTEN.value,
            ContributionFact.kind.in_(CONTRIBUTED),
            or_(
                and_(ContributionFact.comment_id.is_(None), Post.deleted_at.is_(None)),
                and_(Comment.id.is_not(None), Comment.deleted_at.is_(None)),
            ),
            latest_mark.is_(None),
            func.coalesce(shown_or_hidden, "") != FactAct.HIDDEN.value,
            *_asked(by, asked),
        )
    )


def _latest(column, acts: Iterable[FactAct]):
    """Return a column of the latest fact of these acts about the same contribution."""
    later = aliased(ContributionFact)
    return (
        select(getattr(later, column.key))
        .where(
            later.community_id == ContributionFact.community_id,
            later.member_id == ContributionFact.member_id,
            later.post_id == ContributionFact.post_id,
            later.comment_id.is_not_distinct_from(ContributionFact.comment_id),
            later.act.in_([act.value for act in acts]),
        )
        .order_by(later.id.desc())
        .limit(1)
        .correlate(ContributionFact)
        .scalar_subquery()
    )


def _asked(by: Rules, asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.week is not None:
        weeks = [period for period in by.periods if period.number == asked.week]
        inside = [
            and_(ContributionFact.at >= week.starts_at, ContributionFact.at < week.ends_at) for week in weeks
        ]
        found.append(or_(False, *inside))
    if asked.prompt is not None:
        found.append(ContributionFact.prompt_id == asked.prompt)
    if asked.kind is not None:
        found.append(ContributionFact.kind == asked.kind.value)
    return found


def _page(unmarked: Select, before: str | None) -> Select:
    """Return one more than a page shows, each with its words and those of what it answers."""
    author, person = aliased(Membership), aliased(User)
    wanted = (
        unmarked.add_columns(Post, Comment, author, person)
        .join(author, author.id == Post.author_id)
        .join(person, person.id == author.user_id)
        .order_by(ContributionFact.at.desc(), ContributionFact.id.desc())
        .limit(PAGE + 1)
    )
    place = cursors.place(before)
    if place is None:
        return wanted
    at, number = place
    return wanted.where(
        or_(
            ContributionFact.at < at,
            and_(ContributionFact.at == at, ContributionFact.id < number),
        )
    )


def _counted(unmarked: Select) -> Select:
    some = unmarked.with_only_columns(ContributionFact.id).limit(MOST_COUNTED).subquery()
    return select(func.count()).select_from(some)


def _contribution(
    graded: dict[int, Person],
    written: ContributionFact,
    post: Post,
    comment: Comment | None,
    author: Membership,
    user: User,
) -> Unmarked:
    words = comment or post
    return Unmarked(
        subject=subject_of(post, comment),
        title=post.title,
        kind=Kind(written.kind),
        at=written.at,
        person=graded[written.member_id],
        text=Text(
            place=Place(post.id, comment.id if comment else None),
            body=words.body,
            words=None if words.edit_count else written.words,
            edit_count=words.edit_count,
            answers=post.body if comment else None,
            answered=people.shown(author, user, None) if comment else None,
        ),
    )


def _after(written: ContributionFact) -> str:
    return cursors.cursor(written.at, written.id)
