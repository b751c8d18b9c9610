"""A learner's questions to the trainers about one line of the score, and their answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import joinedload

from lti_tool.errors import NotFound, Stale, ToolError
from lti_tool.extensions import db
from lti_tool.grading.ledger import Line, Statement
from lti_tool.grading.policy import Policy
from lti_tool.models import Comment, Membership, ScoreQuestion
from lti_tool.permissions import Act
from lti_tool.services import audit, participation, people, rules
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import DOUBLE_CLICK
from lti_tool.services.facts import Place
from lti_tool.services.people import Person

SCORE = "score"
PART = "part:"
MOST_OPEN = 5
MOST_SHOWN = 100
FRESH = timedelta(days=14)


class TooManyOpen(ToolError):
    """As many questions of one member as may wait for an answer do; nothing was asked."""

    status = 409
    code = "too-many-open"


@dataclass(frozen=True)
class Question:
    """What was asked about `subject` and what was answered; `answered_by` is None until then.

    `line` is the line as the learner's score has it now, None for a part, the score, or what is gone;
    `place` is where the contribution can be read.
    """

    id: int
    subject: str
    body: str
    asked_at: datetime
    learner: Person
    answer: str | None
    answered_at: datetime | None
    answered_by: Person | None
    line: Line | None = None
    place: Place | None = None

    @property
    def part(self) -> str | None:
        """The part of the score that it is about."""
        return self.subject.removeprefix(PART) if self.subject.startswith(PART) else None


@dataclass(frozen=True)
class Inbox:
    """The questions of a community: those that wait, the oldest first; those answered, the latest first.

    `waiting` counts all that wait; `following` is the number of the question after which the next part of
    them begins, None at the end.
    """

    open: list[Question]
    answered: list[Question]
    waiting: int
    following: int | None


def ask(member: ActingMember, subject: str, body: str, now: datetime) -> ScoreQuestion:
    """Ask the trainers about a line ("post:12"), a part ("part:help") or the whole ("score") of one's own.

    The same words about the same within a minute are one question.

    :raises NotFound: the member is not graded, or their score has nothing of this name.
    :raises TooManyOpen: five questions of theirs wait for an answer.
    """
    member.must(Act.SEE_OWN_GRADE)
    found = participation.mine(member, now)
    if found.statement is None or subject not in _subjects(found.statement, found.policy):
        raise NotFound("no-such-line")
    _one_at_a_time(member)
    twin = _just_asked(member, subject, body, now)
    if twin is not None:
        return twin
    if _waiting(member) >= MOST_OPEN:
        raise TooManyOpen()
    question = ScoreQuestion(
        community_id=member.community.id, member_id=member.id, subject=subject, body=body, asked_at=now
    )
    db.session.add(question)
    db.session.flush()
    audit.record(member, "question.asked", f"question:{question.id}", now, about=subject)
    return question


def _subjects(stands: Statement, policy: Policy) -> set[str]:
    return {SCORE, *(f"{PART}{part}" for part in policy.weighed), *(line.subject for line in stands.lines)}


def _one_at_a_time(member: ActingMember) -> None:
    """Let the questions of one member queue, so that a second click sees what the first one made."""
    db.session.execute(select(Membership.id).where(Membership.id == member.id).with_for_update())


def _just_asked(member: ActingMember, subject: str, body: str, now: datetime) -> ScoreQuestion | None:
    wanted = _of(member.community.id, member.id).where(
        ScoreQuestion.subject == subject,
        ScoreQuestion.body == body,
        ScoreQuestion.asked_at > now - DOUBLE_CLICK,
    )
    return db.session.scalars(wanted.limit(1)).one_or_none()


def _waiting(member: ActingMember) -> int:
    wanted = _of(member.community.id, member.id).where(ScoreQuestion.answered_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(wanted.subquery()))


def answer(member: ActingMember, question_id: int, body: str, now: datetime) -> ScoreQuestion:
    """Answer a question, once and for all; the same answer of the same trainer again changes nothing.

    :raises NotFound: there is no such question here.
    :raises Stale: it was answered meanwhile.
    """
    member.must(Act.MANAGE_GRADES)
    wanted = _here(member.community.id).where(ScoreQuestion.id == question_id)
    locked = wanted.with_for_update().execution_options(populate_existing=True)
    question = db.session.scalars(locked).one_or_none()
    if question is None:
        raise NotFound()
    if question.answered_at is not None:
        if (question.answered_by_id, question.answer) == (member.id, body):
            return question
        raise Stale("answered-meanwhile")
    question.answer, question.answered_by_id, question.answered_at = body, member.id, now
    db.session.flush()
    audit.record(member, "question.answered", f"question:{question.id}", now)
    return question


def mine(member: ActingMember) -> dict[str, list[Question]]:
    """Return one's own questions by what they are about, in the order asked; one statement."""
    member.must(Act.SEE_OWN_GRADE)
    return _by_subject(_of(member.community.id, member.id))


def of_learner(member: ActingMember, member_id: int) -> dict[str, list[Question]]:
    """Return a learner's questions by what they are about, for those who grade; one statement."""
    member.must(Act.MANAGE_GRADES)
    return _by_subject(_of(member.community.id, member_id))


def open_questions(member: ActingMember, now: datetime, after: int = 0) -> Inbox:
    """Return what was asked here, each with the line that it is about; a constant number of statements.

    :param after: the number of the question after which those that wait are shown; 0: from the beginning.
    """
    member.must(Act.MANAGE_GRADES)
    here = _here(member.community.id).options(*_WITH_PEOPLE)
    waiting = here.where(ScoreQuestion.answered_at.is_(None), ScoreQuestion.id > after)
    done = here.where(ScoreQuestion.answered_at.is_not(None)).order_by(
        ScoreQuestion.answered_at.desc(), ScoreQuestion.id.desc()
    )
    found = list(db.session.scalars(waiting.order_by(ScoreQuestion.id).limit(MOST_SHOWN + 1)))
    asked, rest = found[:MOST_SHOWN], found[MOST_SHOWN:]
    answered = list(db.session.scalars(done.limit(MOST_SHOWN)))
    context = _Context(member.community.id, [*asked, *answered], now)
    return Inbox(
        open=[context.shown(row) for row in asked],
        answered=[context.shown(row) for row in answered],
        waiting=open_count(member.community.id),
        following=asked[-1].id if rest else None,
    )


def open_count(community_id: int) -> int:
    """Return how many questions of a community wait for an answer; one statement."""
    waiting = _here(community_id).where(ScoreQuestion.answered_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(waiting.subquery()))


def answered_lately(member: ActingMember, now: datetime) -> bool:
    """Tell whether a question of this member was answered within fourteen days; one statement."""
    lately = _of(member.community.id, member.id).where(ScoreQuestion.answered_at > now - FRESH)
    return db.session.scalar(select(exists(lately.with_only_columns(ScoreQuestion.id))))


_WITH_PEOPLE = (
    joinedload(ScoreQuestion.member).joinedload(Membership.user),
    joinedload(ScoreQuestion.answered_by).joinedload(Membership.user),
)


def _here(community_id: int) -> Select:
    return select(ScoreQuestion).where(ScoreQuestion.community_id == community_id)


def _of(community_id: int, member_id: int) -> Select:
    return _here(community_id).where(ScoreQuestion.member_id == member_id)


def _by_subject(wanted: Select) -> dict[str, list[Question]]:
    found: dict[str, list[Question]] = {}
    for row in db.session.scalars(wanted.options(*_WITH_PEOPLE).order_by(ScoreQuestion.id)):
        found.setdefault(row.subject, []).append(_question(row))
    return found


def _question(row: ScoreQuestion, line: Line | None = None, place: Place | None = None) -> Question:
    return Question(
        id=row.id,
        subject=row.subject,
        body=row.body,
        asked_at=row.asked_at,
        learner=_person(row.member),
        answer=row.answer,
        answered_at=row.answered_at,
        answered_by=_person(row.answered_by) if row.answered_by else None,
        line=line,
        place=place,
    )


def _person(membership: Membership) -> Person:
    """Describe somebody by name: the role is not shown beside a question, so it is not looked up."""
    return people.shown(membership, membership.user, None)


class _Context:
    """The lines that questions are about, as the scores have them now, and where they can be read."""

    def __init__(self, community_id: int, rows: list[ScoreQuestion], now: datetime) -> None:
        by = rules.in_force(community_id) if rows else None
        asking = {row.member_id for row in rows}
        statements = participation.statements_of(by, asking, now) if by else {}
        self._lines = {
            (member_id, line.subject): line for member_id, one in statements.items() for line in one.lines
        }
        self._places = _places(community_id, {row.subject for row in rows})

    def shown(self, row: ScoreQuestion) -> Question:
        return _question(row, self._lines.get((row.member_id, row.subject)), self._places.get(row.subject))


def _places(community_id: int, subjects: Iterable[str]) -> dict[str, Place]:
    """Return where the contributions among these subjects can be read; one statement."""
    numbered = [(subject, *subject.partition(":")[::2]) for subject in subjects if subject != SCORE]
    places = {subject: Place(int(number), None) for subject, kind, number in numbered if kind == "post"}
    comments = [int(number) for _, kind, number in numbered if kind == "comment"]
    wanted = select(Comment.id, Comment.post_id).where(
        Comment.community_id == community_id, Comment.id.in_(comments)
    )
    for comment_id, post_id in db.session.execute(wanted):
        places[f"comment:{comment_id}"] = Place(post_id, comment_id)
    return places
