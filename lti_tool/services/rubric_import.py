"""Marks of the trainer's assessment from a file: looked at first, taken over when confirmed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.grading import facts as grading_facts
from lti_tool.grading.exact import round_half_up
from lti_tool.grading.rubric import RUBRIC
from lti_tool.models import AssessmentFact
from lti_tool.permissions import Act
from lti_tool.services import audit, cells, graded, participation, rules
from lti_tool.services.acting import ActingMember
from lti_tool.services.mark_tables import MARK, MarkLine, WrongCell, name_key

CHANGED, UNCHANGED, UNKNOWN, DUPLICATE, AMBIGUOUS, CONTRADICTION, WRONG = (
    "changed",
    "unchanged",
    "unknown",
    "duplicate",
    "ambiguous",
    "contradiction",
    "wrong",
)
REASON = "imported"
CRITERIA = tuple(criterion.key for criterion in RUBRIC.criteria)


@dataclass(frozen=True)
class Judgement:
    """A trainer's assessment: the share (0..1), and the levels it was made from, None when it came whole."""

    share: Fraction
    levels: Mapping[str, int] | None = None

    def says_no_more_than(self, other: "Judgement | None") -> bool:
        """Tell whether nothing would change by putting this in the place of another one."""
        if other is None:
            return False
        return self.share == other.share if self.levels is None else self.levels == other.levels


@dataclass(frozen=True)
class Change:
    """An assessment to be set; `before` is the one that was in force when it was looked at.

    `given`: the levels that the file names; the others of `after` are those of `before`.
    """

    member_id: int
    before: Judgement | None
    after: Judgement
    given: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PreviewLine:
    """A line of the file and what becomes of it.

    `verdict`: changed, unchanged; or why it is left aside: unknown (nobody graded is called so), duplicate
    (several lines about one person), ambiguous (several people with that name), contradiction (number and
    name are of two people), empty, wrong. `wrong` then holds the cells: those of the file, and level-missing
    (of a criterion, where none is in force) or total (another mark than the criteria make together).
    """

    line: int
    typed: str
    named: str
    person: str | None
    number: int | None
    verdict: str
    before: Judgement | None = None
    after: Judgement | None = None
    given: Mapping[str, int] = field(default_factory=dict)
    wrong: tuple[WrongCell, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What taking the file over would do. Nothing is written by looking."""

    lines: tuple[PreviewLine, ...]
    changes: tuple[Change, ...]
    unchanged: int
    aside: int


def preview(member: ActingMember, marks: Sequence[MarkLine], now: datetime) -> Preview:
    """Compare marks with the assessments in force, for the staff who grade; two SQL statements."""
    member.must(Act.MANAGE_GRADES)
    names = _graded(member.community.id, now)
    in_force = judgements_in_force(member.community.id)
    by_name: dict[str, list[int]] = {}
    for number, name in names.items():
        by_name.setdefault(name_key(name or ""), []).append(number)
    found = [(mark, *_whom(mark, names, by_name)) for mark in marks]
    often = Counter(number for _, number, _ in found if number is not None)
    lines = []
    for mark, number, problem in found:
        before = in_force.get(number) if number is not None else None
        if problem is None and mark.problem is None and often[number] > 1:
            problem = DUPLICATE
        lines.append(_judged(mark, number, names.get(number), problem, before))
    changed = [line for line in lines if line.verdict == CHANGED]
    changes = tuple(Change(line.number, line.before, line.after, line.given) for line in changed)
    unchanged = sum(1 for line in lines if line.verdict == UNCHANGED)
    return Preview(tuple(lines), changes, unchanged, len(lines) - len(changes) - unchanged)


def take_over(member: ActingMember, changes: Sequence[Change], now: datetime) -> int:
    """Set these assessments; return how many were set.

    :raises Stale: one of them is no longer what was looked at: somebody else assessed that learner
        meanwhile, or they are no longer graded. Nothing is written then.
    """
    member.must(Act.MANAGE_GRADES)
    if not changes:
        return 0
    community_id = member.community.id
    named = [change.member_id for change in changes]
    _lock_learners(member, named, now)
    in_force = judgements_in_force(community_id)
    fresh = all(in_force.get(change.member_id) == change.before for change in changes)
    if not fresh or len(set(named)) < len(named):
        raise Stale("marks-changed")
    for change in changes:
        db.session.add(_as_fact(member, change, now))
    db.session.flush()
    cells.mark_all_ready(community_id, named, now)
    audit.record(member, "grading.marks-imported", f"community:{community_id}", now, members=_told(changes))
    return len(changes)


def _lock_learners(member: ActingMember, member_ids: Sequence[int], now: datetime) -> None:
    """Have who assesses one of them meanwhile wait. Raises Stale when somebody is not graded here."""
    try:
        graded.graded_here(member, member_ids, now)
    except NotFound:
        raise Stale("marks-changed") from None


def judgements_in_force(community_id: int) -> dict[int, Judgement | None]:
    """Return the trainer's assessment by member id, of those who have ever had one; one statement."""
    found = db.session.execute(
        select(AssessmentFact.member_id, AssessmentFact.rubric, AssessmentFact.levels)
        .where(
            AssessmentFact.community_id == community_id,
            AssessmentFact.act == grading_facts.Act.RUBRIC.value,
            AssessmentFact.member_id.is_not(None),
        )
        .order_by(AssessmentFact.at, AssessmentFact.id)
    )
    return {
        number: None if rubric is None else Judgement(Fraction(rubric), levels)
        for number, rubric, levels in found
    }


@dataclass(frozen=True)
class Present:
    """A learner with the assessment in force, as a file to be filled in has them."""

    number: int
    name: str | None
    judgement: Judgement | None


def present_marks(member: ActingMember, now: datetime) -> list[Present]:
    """Return everybody who is graded, in the order of the grading table, for the staff who grade.

    Three statements.

    :raises NotFound: grading is off.
    """
    member.must(Act.MANAGE_GRADES)
    community_id = member.community.id
    if rules.in_force(community_id) is None:
        raise NotFound("grading-off")
    in_force = judgements_in_force(community_id)
    named = sorted(
        _graded(community_id, now).items(), key=lambda one: (one[1] is None, name_key(one[1] or ""), one[0])
    )
    return [Present(number, name, in_force.get(number)) for number, name in named]


def _graded(community_id: int, now: datetime) -> dict[int, str | None]:
    """Return the names of those who are graded, by number; one statement."""
    return {person.number: person.name for person in participation.scored_people(community_id, now)}


def _whom(
    mark: MarkLine, names: dict[int, str | None], by_name: dict[str, list[int]]
) -> tuple[int | None, str | None]:
    """Return whom a line is about; the number counts, unless the name beside it is somebody else's."""
    called = by_name.get(name_key(mark.name), []) if name_key(mark.name) else []
    if mark.number is not None:
        if mark.number not in names:
            return None, UNKNOWN
        return (None, CONTRADICTION) if called and mark.number not in called else (mark.number, None)
    if len(called) == 1:
        return called[0], None
    return None, AMBIGUOUS if called else UNKNOWN


def _judged(
    mark: MarkLine, number: int | None, person: str | None, verdict: str | None, before: Judgement | None
) -> PreviewLine:
    """Say what becomes of a line about this person; `verdict` says why nothing can, whatever is given."""
    after, wrong = None, mark.wrong
    if verdict is None and mark.problem is None:
        after, wrong = _given(mark, before)
    if verdict is None:
        verdict = WRONG if wrong else mark.problem
    if verdict is None:
        verdict = UNCHANGED if after.says_no_more_than(before) else CHANGED
    return PreviewLine(
        line=mark.line,
        typed=mark.typed,
        named=mark.name or str(mark.number or ""),
        person=person,
        number=number,
        verdict=verdict,
        before=before,
        after=after,
        given=mark.levels,
        wrong=wrong,
    )


def _given(mark: MarkLine, before: Judgement | None) -> tuple[Judgement | None, tuple[WrongCell, ...]]:
    """Return what a line gives, a criterion left empty keeping its level; or what is wrong with its cells."""
    if not mark.levels:
        return Judgement(mark.share), ()
    standing = (before.levels if before else None) or {}
    levels = {key: mark.levels.get(key, standing.get(key)) for key in CRITERIA}
    missing = tuple(WrongCell(key, "", "level-missing") for key, level in levels.items() if level is None)
    if missing:
        return None, missing
    share = RUBRIC.share(levels)
    if mark.share is not None and round_half_up(mark.share * 100) != round_half_up(share * 100):
        return None, (WrongCell(MARK, mark.typed, "total"),)
    return Judgement(share, levels), ()


def _as_fact(member: ActingMember, change: Change, now: datetime) -> AssessmentFact:
    return AssessmentFact(
        community_id=member.community.id,
        member_id=change.member_id,
        actor_id=member.id,
        act=grading_facts.Act.RUBRIC.value,
        rubric=str(change.after.share),
        levels=None if change.after.levels is None else dict(change.after.levels),
        reason=REASON,
        at=now,
    )


def _told(changes: Iterable[Change]) -> list[list[object]]:
    """Return the changes as the audit log keeps them: whose, from what, to what, by which levels if any."""
    return [
        [
            change.member_id,
            None if change.before is None else str(change.before.share),
            str(change.after.share),
        ]
        + ([dict(change.after.levels)] if change.after.levels else [])
        for change in changes
    ]
