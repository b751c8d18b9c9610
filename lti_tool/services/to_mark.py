"""The contributions that have no mark yet, of everybody who is graded, for the trainer to go through."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union_all,
)
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
from lti_tool.services.assessment_reading import Text
from lti_tool.services.facts import Place, subject_of
from lti_tool.services.marking import CONTRIBUTED
from lti_tool.services.people import Person
from lti_tool.services.rules import KIND_OF_COMMENT, KIND_OF_POST, Rules

PAGE = 20
# Among how many of the latest posts, and of the latest replies, those without a mark are counted.
LOOKED_AT_LATELY = 100
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
    """One page of them, the newest first; `count` is of all pages."""

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
    # Written into the statement: there may be more of them than a statement takes parameters.
    members = bindparam("among", list(among), expanding=True, literal_execute=True)
    unmarked = _unmarked(by, asked).where(ContributionFact.member_id.in_(members))
    places = db.session.execute(_page(unmarked, asked.before)).all()
    return ToMark(
        contributions=_contributions(graded, [place.id for place in places[:PAGE]]),
        older=cursors.cursor(places[PAGE - 1].at, places[PAGE - 1].id) if len(places) > PAGE else None,
        count=places[0].total if places else 0,
        asked=asked,
        learners=learners,
        marks=tuple(sorted(by.policy.marks)),
        periods=tuple(period for period in by.periods if period.starts_at <= now),
        prompts=prompt_views.titles_of(by.community_id, now),
        kinds=KINDS,
        zone=by.zone,
    )


def count_lately(member: ActingMember, by: Rules, now: datetime) -> int:
    """Count those among the latest contributions of graded people that have no mark.

    Two statements; however many contributions and people there are, the newest and who wrote them alone
    are looked at.
    """
    member.must(Act.MANAGE_GRADES)
    unmarked = _unmarked(by, Asked()).with_only_columns(ContributionFact.member_id)
    posts, replies = _latest(Post, by.community_id), _latest(Comment, by.community_id)
    of_posts = unmarked.where(ContributionFact.post_id.in_(posts), ContributionFact.comment_id.is_(None))
    of_replies = unmarked.where(ContributionFact.comment_id.in_(replies))
    writers = db.session.scalars(union_all(of_posts, of_replies)).all()
    graded = {one.number for one in participation.scored_people(by.community_id, now, among=set(writers))}
    return sum(1 for writer in writers if writer in graded)


def _latest(table: type[Post] | type[Comment], community_id: int) -> Select:
    latest = (
        select(table.id)
        .where(table.community_id == community_id)
        .order_by(table.created_at.desc())
        .limit(LOOKED_AT_LATELY)
        .subquery()
    )
    return select(latest.c.id)


def _unmarked(by: Rules, asked: Asked) -> Select:
    """Return the facts that the wanted contributions were written, of those that stand without a mark."""
    return (
        select(ContributionFact)
        .join(Post, Post.id == ContributionFact.post_id)
        .outerjoin(Comment, Comment.id == ContributionFact.comment_id)
        .where(
            ContributionFact.community_id == by.community_id,
            ContributionFact.act == FactAct.WRITTEN.value,
            ContributionFact.kind.in_(CONTRIBUTED),
            or_(
                and_(ContributionFact.comment_id.is_(None), Post.deleted_at.is_(None)),
                and_(Comment.id.is_not(None), Comment.deleted_at.is_(None)),
            ),
            _is_to_be_marked(),
            *_asked(by, asked),
        )
    )


def _is_to_be_marked() -> ColumnElement[bool]:
    """Tell of a contribution whether its latest mark was taken back, or none was given, and it is not hidden.

    Replies are looked up by their own number: in a long thread, all have that of the post in common.
    """
    written = ContributionFact
    of_post = _is_open(lambda told: and_(told.post_id == written.post_id, told.comment_id.is_(None)))
    of_reply = _is_open(lambda told: told.comment_id == written.comment_id)
    return case((ContributionFact.comment_id.is_(None), of_post), else_=of_reply) == 1


def _is_open(same: Callable) -> ScalarSelect:
    """Return 1 where the latest of the facts about the same contribution leave it to be marked."""
    later = aliased(ContributionFact)

    def latest(act: FactAct, *more) -> ColumnElement[int]:
        return func.coalesce(func.max(case((and_(later.act == act.value, *more), later.id))), 0)

    marked = latest(FactAct.MARKED, later.quality.is_not(None))
    taken_back = latest(FactAct.MARKED, later.quality.is_(None))
    to_do = and_(marked <= taken_back, latest(FactAct.HIDDEN) <= latest(FactAct.RESTORED))
    told = [act.value for act in (FactAct.MARKED, FactAct.HIDDEN, FactAct.RESTORED)]
    return (
        select(case((to_do, 1), else_=0))
        .where(same(later), later.act.in_(told))
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
    """Return number and moment of one more than a page shows, and how many there are on all pages.

    Words are joined to the few rows of a page afterwards: planners take these for fewer than they are.
    """
    found = unmarked.with_only_columns(
        ContributionFact.id, ContributionFact.at, func.count().over().label("total")
    ).subquery()
    wanted = select(found).where(cursors.older(before, found.c.at, found.c.id))
    return wanted.order_by(found.c.at.desc(), found.c.id.desc()).limit(PAGE + 1)


def _contributions(graded: dict[int, Person], numbers: list[int]) -> list[Unmarked]:
    """Return the contributions whose writing these facts tell, in their order; one statement."""
    author, person = aliased(Membership), aliased(User)
    wanted = (
        select(ContributionFact, Post, Comment, author, person)
        .join(Post, Post.id == ContributionFact.post_id)
        .outerjoin(Comment, Comment.id == ContributionFact.comment_id)
        .join(author, author.id == Post.author_id)
        .join(person, person.id == author.user_id)
        .where(ContributionFact.id.in_(numbers))
    )
    found = {row[0].id: _contribution(graded, *row) for row in db.session.execute(wanted)}
    return [found[number] for number in numbers]


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
        subject=subject_of(written),
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
