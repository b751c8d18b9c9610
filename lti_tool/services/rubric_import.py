"""Marks of the trainer's assessment from a file: looked at first, taken over when confirmed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select

from lti_tool.errors import NotFound, Stale
from lti_tool.extensions import db
from lti_tool.grading import facts as grading_facts
from lti_tool.models import AssessmentFact
from lti_tool.permissions import Act
from lti_tool.services import audit, cells, graded, participation, people
from lti_tool.services.acting import ActingMember
from lti_tool.services.mark_tables import MarkLine, name_key

CHANGED, UNCHANGED, UNKNOWN, DUPLICATE, AMBIGUOUS, CONTRADICTION = (
    "changed",
    "unchanged",
    "unknown",
    "duplicate",
    "ambiguous",
    "contradiction",
)
REASON = "imported"


@dataclass(frozen=True)
class Change:
    """An assessment (0..1) to be set; `before` is the one that was in force when it was looked at."""

    member_id: int
    before: Fraction | None
    after: Fraction


@dataclass(frozen=True)
class PreviewLine:
    """A line of the file and what becomes of it.

    `verdict`: changed, unchanged; or why it is left aside: unknown (nobody graded is called so), duplicate
    (several lines about one person), ambiguous (several people with that name), contradiction (number and
    name are of two people), empty, not-a-number, out-of-range.
    """

    line: int
    typed: str
    named: str
    person: str | None
    number: int | None
    verdict: str
    before: Fraction | None = None
    after: Fraction | None = None


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
    in_force = rubrics_in_force(member.community.id)
    by_name: dict[str, list[int]] = {}
    for number, name in names.items():
        by_name.setdefault(name_key(name or ""), []).append(number)
    found = [(mark, _whom(mark, names, by_name)) for mark in marks]
    often = Counter(number for _, (number, _) in found if number is not None)
    lines = tuple(_judged(mark, number, problem, names, in_force, often) for mark, (number, problem) in found)
    changes = tuple(Change(line.number, line.before, line.after) for line in lines if line.verdict == CHANGED)
    unchanged = sum(1 for line in lines if line.verdict == UNCHANGED)
    return Preview(lines, changes, unchanged, len(lines) - len(changes) - unchanged)


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
    in_force = rubrics_in_force(community_id)
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


def rubrics_in_force(community_id: int) -> dict[int, Fraction | None]:
    """Return the trainer's assessment (0..1) by member id, of those who have ever had one; one statement."""
    found = db.session.execute(
        select(AssessmentFact.member_id, AssessmentFact.rubric)
        .where(
            AssessmentFact.community_id == community_id,
            AssessmentFact.act == grading_facts.Act.RUBRIC.value,
            AssessmentFact.member_id.is_not(None),
        )
        .order_by(AssessmentFact.at, AssessmentFact.id)
    )
    return {number: None if rubric is None else Fraction(rubric) for number, rubric in found}


def _graded(community_id: int, now: datetime) -> dict[int, str | None]:
    """Return the names of those who are graded, by number."""
    return {
        one.membership.id: people.shown(one.membership, one.membership.user, None).name
        for one in participation.scored_members(community_id, now)
    }


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
    mark: MarkLine,
    number: int | None,
    problem: str | None,
    names: dict[int, str | None],
    in_force: dict[int, Fraction | None],
    often: Counter[int],
) -> PreviewLine:
    before = in_force.get(number) if number is not None else None
    verdict = problem or mark.problem
    if verdict is None and often[number] > 1:
        verdict = DUPLICATE
    if verdict is None:
        verdict = UNCHANGED if before == mark.share else CHANGED
    return PreviewLine(
        line=mark.line,
        typed=mark.typed,
        named=mark.name or str(mark.number or ""),
        person=names.get(number) if number is not None else None,
        number=number,
        verdict=verdict,
        before=before,
        after=mark.share,
    )


def _as_fact(member: ActingMember, change: Change, now: datetime) -> AssessmentFact:
    return AssessmentFact(
        community_id=member.community.id,
        member_id=change.member_id,
        actor_id=member.id,
        act=grading_facts.Act.RUBRIC.value,
        rubric=str(change.after),
        reason=REASON,
        at=now,
    )


def _told(changes: Iterable[Change]) -> list[list[int | str | None]]:
    """Return the changes as the audit log keeps them: whose, from what, to what."""
    return [
        [change.member_id, None if change.before is None else str(change.before), str(change.after)]
        for change in changes
    ]
