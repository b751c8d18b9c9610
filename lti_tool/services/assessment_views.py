"""One learner as the trainer assesses them, and what of it the learner reads."""

from dataclasses import dataclass
from datetime import datetime

from lti_tool.errors import NotFound
from lti_tool.grading.columns import PromptDates
from lti_tool.grading.ledger import Line, Statement
from lti_tool.grading.periods import Period
from lti_tool.grading.policy import Part, Policy
from lti_tool.grading.rubric import LEVELS, RUBRIC
from lti_tool.models import Decision
from lti_tool.permissions import Act
from lti_tool.services import assessment_reading as reading
from lti_tool.services import delivery_views, participation, people, roles, rules, statements
from lti_tool.services.acting import ActingMember
from lti_tool.services.assessment_reading import Around, Assessed, Decided, Excuse, Mark, Text, Words
from lti_tool.services.column_views import ColumnView, column_of
from lti_tool.services.delivery_views import DeliveryView
from lti_tool.services.participation import ScoredMember
from lti_tool.services.people import Person
from lti_tool.services.rules import Rules
from lti_tool.services.statements import FinalValue

# What takes a decision back, and which one.
_OPPOSITES = {
    Decision.RESET: Decision.OVERRIDE,
    Decision.NO_ZERO: Decision.ZERO,
    Decision.WITH_ASSESSMENT: Decision.WITHOUT_ASSESSMENT,
}


@dataclass(frozen=True)
class Contribution:
    """A line of the statement with the words behind it; `text` is None of what is gone or was received."""

    line: Line
    text: Text | None
    mark: Mark | None

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return self.line.subject.replace(":", "-")


@dataclass(frozen=True)
class Event:
    """Something that was judged or decided: `kind` names which, `what` holds it."""

    kind: str  # mark, rubric, excuse, decision, feedback
    what: Mark | Assessed | Excuse | Decided | Words
    at: datetime


@dataclass(frozen=True)
class Neighbours:
    """Who stands before and after a learner in the grading table, and where in it they stand."""

    before: Person | None
    after: Person | None
    number: int
    of: int


@dataclass(frozen=True)
class Judged:
    """What is in force about one learner."""

    marks: tuple[Mark, ...]
    rubric: Assessed | None
    excused: dict[int, Excuse]
    decisions: dict[Decision, Decided]
    feedback: Words | None

    @property
    def override(self) -> Decided | None:
        """The decision whose value stands for the score."""
        return self.decisions.get(Decision.OVERRIDE)


@dataclass(frozen=True)
class LearnerPage:
    """One learner's work and everything that a trainer says of it."""

    person: Person
    neighbours: Neighbours
    column_id: int
    column: ColumnView
    statement: Statement
    policy: Policy
    periods: tuple[Period, ...]
    delivery: DeliveryView
    contributions: list[Contribution]
    judged: Judged
    history: list[Event]
    zone: str
    criteria: tuple[str, ...]
    levels: tuple[int, ...]
    final: FinalValue | None
    kind: str  # of the column
    dates: PromptDates | None  # of a prompt's column

    @property
    def to_mark(self) -> int:
        """How many contributions that stand have no mark yet."""
        return sum(1 for one in self.contributions if one.text is not None and one.mark is None)

    @property
    def weighs_assessment(self) -> bool:
        """Whether the rules in force give the rubric a weight."""
        return Part.ASSESSMENT in self.policy.weighed

    @property
    def lacks_assessment(self) -> bool:
        """Whether the rubric has a weight and is not filled in yet."""
        return self.weighs_assessment and self.judged.rubric is None


def learner_page(
    member: ActingMember, member_id: int, now: datetime, column_id: int | None = None
) -> LearnerPage:
    """Return the page of a graded learner, for the staff who grade; thirteen statements, one more at the end.

    :param column_id: by which column; None: the whole score.
    :raises NotFound: grading is off, or nobody with this number is graded here.
    """
    member.must(Act.MANAGE_GRADES)
    by = rules.of_column(member.community.id, column_id)
    if by is None:
        raise NotFound("grading-off")
    persons = _in_order(participation.scored_members(by.community_id, now), now)
    place = next((at for at, person in enumerate(persons) if person.number == member_id), None)
    if place is None:
        raise NotFound()
    stands = participation.statement_of(by, member_id, now)
    delivery = delivery_views.of_member(by, member_id, stands)
    judgements = _judgements(by.community_id, by.column_id, member_id)
    return LearnerPage(
        person=persons[place],
        neighbours=_neighbours(persons, place),
        column_id=by.column_id,
        column=column_of(by, member_id=member_id),
        statement=stands,
        policy=by.policy,
        periods=by.periods,
        delivery=delivery,
        final=statements.final_value(by, member_id, participation.as_decided(stands, delivery)),
        contributions=_contributions(by, stands, judgements.marks, member_id),
        judged=judgements.in_force,
        history=judgements.history,
        zone=by.zone,
        criteria=CRITERIA,
        levels=tuple(LEVELS),
        kind=by.kind.value,
        dates=by.dates,
    )


@dataclass(frozen=True)
class ExcusesPage:
    """Everybody who is graded, the weeks, and who is excused from which (numbers by member)."""

    learners: list[Person]
    periods: tuple[Period, ...]
    excused: dict[int, list[int]]


def excuses_page(member: ActingMember, now: datetime) -> ExcusesPage:
    """Return the page on which several learners are excused at once; three statements.

    :raises NotFound: grading is off.
    """
    member.must(Act.MANAGE_GRADES)
    by = rules.in_force(member.community.id)
    if by is None:
        raise NotFound("grading-off")
    return ExcusesPage(
        learners=_in_order(participation.scored_members(by.community_id, now), now),
        periods=by.periods,
        excused=reading.excused_periods(by.community_id),
    )


CRITERIA = tuple(criterion.key for criterion in RUBRIC.criteria)


def _in_order(members: list[ScoredMember], now: datetime) -> list[Person]:
    """Describe members in the order of the grading table: by name, those without one last."""
    persons = [
        people.shown(one.membership, one.membership.user, roles.in_force(one.membership, one.enrolments, now))
        for one in members
    ]
    return sorted(
        persons, key=lambda person: (person.name is None, (person.name or "").casefold(), person.number)
    )


def _neighbours(persons: list[Person], place: int) -> Neighbours:
    return Neighbours(
        before=persons[place - 1] if place else None,
        after=persons[place + 1] if place + 1 < len(persons) else None,
        number=place + 1,
        of=len(persons),
    )


def _contributions(by: Rules, stands: Statement, marks: list[Mark], member_id: int) -> list[Contribution]:
    texts = reading.texts_of(by.community_id, member_id)
    in_force = reading.marks_in_force(marks)
    return [
        Contribution(line, texts.get(line.subject), in_force.get(line.subject))
        for line in sorted(stands.lines, key=lambda line: line.at, reverse=True)
    ]


@dataclass(frozen=True)
class _Judgements:
    """Everything that was ever judged about one learner, the earliest first."""

    marks: list[Mark]
    around: Around
    decisions: list[Decided]
    words: list[Words]

    @property
    def in_force(self) -> Judged:
        marks = reading.marks_in_force(self.marks).values()
        return Judged(
            marks=tuple(mark for mark in marks if mark.stands),
            rubric=self.around.rubric,
            excused=self.around.excused,
            decisions=_standing(self.decisions),
            feedback=self.words[-1] if self.words and self.words[-1].body else None,
        )

    @property
    def history(self) -> list[Event]:
        """All of it, the latest first."""
        told = {
            "mark": self.marks,
            "rubric": self.around.assessed,
            "excuse": self.around.excuses,
            "decision": self.decisions,
            "feedback": self.words,
        }
        events = [Event(kind, what, what.at) for kind, found in told.items() for what in found]
        return sorted(events, key=lambda event: event.at, reverse=True)


def _judgements(community_id: int, column_id: int, member_id: int) -> _Judgements:
    return _Judgements(
        marks=reading.marks_of(community_id, member_id),
        around=reading.around_of(community_id, member_id),
        decisions=reading.decisions_of(column_id, member_id),
        words=reading.feedback_of(column_id, member_id),
    )


def _standing(decisions: list[Decided]) -> dict[Decision, Decided]:
    standing: dict[Decision, Decided] = {}
    for one in decisions:
        if one.decision in _OPPOSITES:
            standing.pop(_OPPOSITES[one.decision], None)
        else:
            standing[one.decision] = one
    return standing


def for_learner(community_id: int, column_id: int, member_id: int) -> Judged:
    """Return what trainers said of a learner that the learner reads; four statements.

    Who may read it was settled before: it is the learner's own.
    """
    return _judgements(community_id, column_id, member_id).in_force


def mine(member: ActingMember, column_id: int | None = None) -> Judged | None:
    """Return what trainers said of the acting member, None where nothing about them is graded.

    :param column_id: whose decisions and feedback; None: those of the whole score.
    """
    member.must(Act.SEE_OWN_GRADE)
    by = rules.of_column(member.community.id, column_id) if member.scored else None
    return None if by is None else for_learner(by.community_id, by.column_id, member.id)
