"""What trainers decided around the contributions: deadlines of prompts, excused periods, the rubric."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from .facts import Act, Fact


@dataclass
class Decided:
    """What is in force: deadlines by prompt, numbers of excused periods, the assessment (0..1 or None)."""

    deadlines: dict[str, datetime] = field(default_factory=dict)
    excused: set[int] = field(default_factory=set)
    rubric: Fraction | None = None


def decided_from(facts: Iterable[Fact]) -> Decided:
    """Fold facts, given in the order in which they happened: the last decision on each thing stands."""
    decided = Decided()
    for fact in facts:
        if fact.act in _TAKING_IN:
            _TAKING_IN[fact.act](decided, fact)
    return decided


def _schedule(decided: Decided, fact: Fact) -> None:
    if fact.deadline is None:
        decided.deadlines.pop(fact.subject, None)
    else:
        decided.deadlines[fact.subject] = fact.deadline


def _excuse(decided: Decided, fact: Fact) -> None:
    decided.excused.add(fact.period)


def _expect(decided: Decided, fact: Fact) -> None:
    decided.excused.discard(fact.period)


def _assess(decided: Decided, fact: Fact) -> None:
    decided.rubric = fact.rubric


_TAKING_IN: dict[Act, Callable[[Decided, Fact], None]] = {
    Act.SCHEDULED: _schedule,
    Act.EXCUSED: _excuse,
    Act.EXPECTED: _expect,
    Act.RUBRIC: _assess,
}
