"""What trainers judged and decided about one learner, read with who did it and when."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from lti_tool.extensions import db
from lti_tool.grading.facts import Act as FactAct
from lti_tool.models import (
    AssessmentFact,
    Comment,
    ContributionFact,
    Decision,
    Feedback,
    GradeDecision,
    Membership,
    Post,
    User,
)
from lti_tool.services import people
from lti_tool.services.facts import Place, subject_of
from lti_tool.services.people import Person


@dataclass(frozen=True)
class Mark:
    """A mark given on a contribution: `quality` is None where one was taken back."""

    subject: str
    title: str
    place: Place
    quality: Fraction | None
    reason: str | None
    by: Person
    at: datetime
    stands: bool  # whether the contribution does


@dataclass(frozen=True)
class Assessed:
    """The rubric as filled in: level by criterion, and the share (0..1); both None when taken back.

    A share alone came from a file, without levels.
    """

    levels: dict[str, int] | None
    share: Fraction | None
    by: Person
    at: datetime


@dataclass(frozen=True)
class Excuse:
    """A period in which nothing is asked of the learner (`excused` False: it is asked again)."""

    period: int
    excused: bool
    reason: str | None
    by: Person
    at: datetime


@dataclass(frozen=True)
class Words:
    """Feedback as written; an empty one took back what stood."""

    body: str
    to_lms: bool
    by: Person
    at: datetime


@dataclass(frozen=True)
class Decided:
    """A decision about the score; `value` is that of an override."""

    decision: Decision
    value: object
    reason: str
    by: Person
    at: datetime


@dataclass(frozen=True)
class Around:
    """Rubric and excuses of one learner, in the order in which they were given."""

    assessed: list[Assessed] = field(default_factory=list)
    excuses: list[Excuse] = field(default_factory=list)

    @property
    def rubric(self) -> Assessed | None:
        """The assessment in force."""
        return self.assessed[-1] if self.assessed and self.assessed[-1].share is not None else None

    @property
    def excused(self) -> dict[int, Excuse]:
        """The excuses in force by period."""
        latest = {excuse.period: excuse for excuse in self.excuses}
        return {number: latest[number] for number in sorted(latest) if latest[number].excused}


def marks_of(community_id: int, member_id: int) -> list[Mark]:
    """Return every mark given on a member's contributions, the earliest first. One statement."""
    wanted = (
        _with_actor(select(ContributionFact, Membership, User, Post, Comment), ContributionFact.actor_id)
        .join(Post, Post.id == ContributionFact.post_id)
        .outerjoin(Comment, Comment.id == ContributionFact.comment_id)
        .where(
            ContributionFact.community_id == community_id,
            ContributionFact.member_id == member_id,
            ContributionFact.act == FactAct.MARKED.value,
        )
        .order_by(ContributionFact.at, ContributionFact.id)
    )
    return [_mark(*row) for row in db.session.execute(wanted)]


def _mark(fact: ContributionFact, actor: Membership, user: User, post: Post, comment: Comment | None) -> Mark:
    return Mark(
        subject=subject_of(fact),
        title=post.title,
        place=Place(post.id, comment.id if comment else None),
        quality=None if fact.quality is None else Fraction(fact.quality),
        reason=fact.reason,
        by=people.shown(actor, user, None),
        at=fact.at,
        stands=(comment or post).deleted_at is None,
    )


def marks_in_force(marks: Iterable[Mark]) -> dict[str, Mark]:
    """Return the marks that stand, by subject."""
    latest = {mark.subject: mark for mark in marks}
    return {subject: mark for subject, mark in latest.items() if mark.quality is not None}


def around_of(community_id: int, member_id: int) -> Around:
    """Return what was decided around a member's contributions. One statement."""
    wanted = (
        _with_actor(select(AssessmentFact, Membership, User), AssessmentFact.actor_id)
        .where(AssessmentFact.community_id == community_id, AssessmentFact.member_id == member_id)
        .order_by(AssessmentFact.at, AssessmentFact.id)
    )
    found = Around()
    for fact, actor, user in db.session.execute(wanted):
        by = people.shown(actor, user, None)
        if fact.act == FactAct.RUBRIC.value:
            share = None if fact.rubric is None else Fraction(fact.rubric)
            found.assessed.append(Assessed(fact.levels, share, by, fact.at))
        elif fact.period is not None:
            excused = fact.act == FactAct.EXCUSED.value
            found.excuses.append(Excuse(fact.period, excused, fact.reason, by, fact.at))
    return found


def excused_periods(community_id: int) -> dict[int, list[int]]:
    """Return the excused periods of each member who has any. One statement."""
    wanted = (
        select(AssessmentFact.member_id, AssessmentFact.period, AssessmentFact.act)
        .where(AssessmentFact.community_id == community_id, AssessmentFact.period.is_not(None))
        .order_by(AssessmentFact.at, AssessmentFact.id)
    )
    latest = {(member, period): act for member, period, act in db.session.execute(wanted)}
    found: dict[int, list[int]] = {}
    for member, period in sorted(latest):
        if latest[member, period] == FactAct.EXCUSED.value:
            found.setdefault(member, []).append(period)
    return found


def decisions_of(column_id: int, member_id: int) -> list[Decided]:
    """Return every decision about a member's score in a column, the earliest first. One statement.

    The column was looked up by community before.
    """
    wanted = (
        _with_actor(select(GradeDecision, Membership, User), GradeDecision.decided_by_id)
        .where(GradeDecision.column_id == column_id, GradeDecision.member_id == member_id)
        .order_by(GradeDecision.id)
    )
    return [
        Decided(row.decision, row.value, row.reason, people.shown(actor, user, None), row.decided_at)
        for row, actor, user in db.session.execute(wanted)
    ]


def feedback_of(column_id: int, member_id: int) -> list[Words]:
    """Return every feedback to a member about a column, the earliest first. One statement."""
    wanted = (
        _with_actor(select(Feedback, Membership, User), Feedback.author_id)
        .where(Feedback.column_id == column_id, Feedback.member_id == member_id)
        .order_by(Feedback.id)
    )
    return [
        Words(row.body, row.to_lms, people.shown(actor, user, None), row.written_at)
        for row, actor, user in db.session.execute(wanted)
    ]


def _with_actor(wanted: Select, actor_id) -> Select:
    return wanted.join(Membership, Membership.id == actor_id).join(User, User.id == Membership.user_id)


@dataclass(frozen=True)
class Text:
    """A contribution as it was written: its own words, and what it stands under."""

    place: Place
    body: str
    words: int | None
    edit_count: int
    answers: str | None  # the words of the post that a reply stands under
    answered: Person | None  # who wrote that


def texts_of(community_id: int, member_id: int) -> dict[str, Text]:
    """Return the posts and replies of a member that still stand, by subject. One statement."""
    author, person = aliased(Membership), aliased(User)
    measured = (
        select(ContributionFact, Post, Comment, author, person)
        .join(Post, Post.id == ContributionFact.post_id)
        .outerjoin(Comment, Comment.id == ContributionFact.comment_id)
        .join(author, author.id == Post.author_id)
        .join(person, person.id == author.user_id)
        .where(
            ContributionFact.community_id == community_id,
            ContributionFact.member_id == member_id,
            ContributionFact.words.is_not(None),
        )
        .order_by(ContributionFact.at, ContributionFact.id)
    )
    found: dict[str, Text] = {}
    for fact, post, comment, there, who in db.session.execute(measured):
        written = comment or post
        if written.deleted_at is None:
            found[subject_of(fact)] = Text(
                place=Place(post.id, comment.id if comment else None),
                body=written.body,
                words=fact.words,
                edit_count=written.edit_count,
                answers=post.body if comment else None,
                answered=people.shown(there, who, None) if comment else None,
            )
    return found
