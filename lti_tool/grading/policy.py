"""How contributions are weighed: every number of the model is a setting of a versioned policy.

Settings are stored as JSON. A member that came after the first release is written only where it
differs from its default: what is stored under older rules stays the same to the letter.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

from .facts import Kind
from .rules import (
    DeadlineRule,
    KindRule,
    Milestone,
    PolicyInvalid,
    RecognitionRule,
    Targets,
    check_whole,
    exact_between,
    hold_number,
)

__all__ = ["POINTS_AND_PACE", "KindRule", "Part", "Policy", "PolicyInvalid"]


class Part(StrEnum):
    """A component of the grade (A, H, R, J and the checklist); a policy weighs those that it uses."""

    ACTIVITY = "activity"
    HELP = "help"
    REGULARITY = "regularity"
    ASSESSMENT = "assessment"
    MILESTONES = "milestones"


@dataclass(frozen=True)
class Policy:
    """One version of the rules; points and shares are exact, goal × ``buffer`` is the cap of a period.

    ``marks`` are those that a trainer may give. ``graded`` is False where nothing is ever sent.
    """

    version: int
    preset: str
    goal_per_period: Fraction
    buffer: Fraction
    daily_limit: int
    copy_threshold: Fraction
    rules: Mapping[Kind, KindRule]
    weights: Mapping[Part, int]
    deadlines: DeadlineRule = DeadlineRule()
    recognitions: RecognitionRule = RecognitionRule()
    targets: Targets = Targets()
    milestones: tuple[Milestone, ...] = ()
    marks: tuple[Fraction, ...] = (Fraction(0), Fraction(1, 2), Fraction(1), Fraction(5, 4))
    graded: bool = True

    def __post_init__(self) -> None:
        """Hold every number exactly and within its range. Raises PolicyInvalid."""
        check_whole(self.version, "version", 1, 10**9)
        if not isinstance(self.preset, str) or not 0 < len(self.preset) <= 60:
            raise PolicyInvalid("preset", "must be a name of 1 to 60 characters")
        hold_number(self, "goal_per_period", Fraction(1, 100), 10_000)
        hold_number(self, "buffer", 1, 10)
        hold_number(self, "copy_threshold", Fraction(1, 100), 1)
        check_whole(self.daily_limit, "daily_limit", 1, 1000)
        self._check_marks()
        self._check_weights()

    def _check_marks(self) -> None:
        marks = tuple(exact_between(mark, "marks", 0, 2) for mark in self.marks)
        if 1 not in marks or len(set(marks)) < len(marks):
            raise PolicyInvalid("marks", "must be different from each other, and 1 among them")
        object.__setattr__(self, "marks", marks)

    def _check_weights(self) -> None:
        if not isinstance(self.graded, bool):
            raise PolicyInvalid("graded", "must be true or false")
        for part, weight in self.weights.items():
            check_whole(weight, f"weights.{part}", 0, 100)
        if self.graded and not self.weighed:
            raise PolicyInvalid("weights", "at least one part must weigh something")
        if Part.MILESTONES in self.weighed and not self.milestones:
            raise PolicyInvalid("milestones", "there must be at least one to weigh")

    @cached_property
    def weighed(self) -> dict[Part, int]:
        """The parts that weigh something, with their weights."""
        return {part: self.weights[part] for part in Part if self.weights.get(part)}

    @property
    def cap_per_period(self) -> Fraction:
        """The most points that one period can bring (C = g × buffer)."""
        return self.goal_per_period * self.buffer

    def as_settings(self) -> dict[str, Any]:
        """Return the policy as JSON-safe settings: numbers that may be fractions are written as text."""
        members = {member.name: getattr(self, member.name) for member in fields(self)}
        return {
            name: _written(value)
            for name, value in members.items()
            if name not in _LATER or value != _LATER[name]
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Policy":
        """Read what ``as_settings`` wrote. Raises PolicyInvalid naming the first wrong setting."""
        _check_names(settings, "settings", cls)
        read = {name: _READERS[name](settings[name], name) for name in settings if name in _READERS}
        return cls(**{**settings, **read})


# The members that came after the first release, with what they are where nothing is stored.
_LATER = {member.name: member.default for member in fields(Policy) if member.default is not MISSING}


def _written(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {key.value: _written(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [_written(entry) for entry in value]
    if hasattr(value, "__dataclass_fields__"):
        return {member.name: _written(getattr(value, member.name)) for member in fields(value)}
    return value


def _group(kind: type) -> Callable[[Any, str], Any]:
    """Return a reader of one group of numbers, which names a wrong one with the group it stands in."""

    def read(value: Any, field: str) -> Any:
        _check_names(value, field, kind)
        try:
            return kind(**value)
        except PolicyInvalid as problem:
            raise PolicyInvalid(_within(field, problem.field), problem.problem) from problem

    return read


def _keyed(names: type[StrEnum], read: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def read_table(value: Any, field: str) -> dict[Any, Any]:
        if not isinstance(value, Mapping):
            raise PolicyInvalid(field, "must be a table")
        unknown = [name for name in value if name not in list(names)]
        if unknown:
            raise PolicyInvalid(f"{field}.{unknown[0]}", "is unknown")
        return {names(name): read(entry, f"{field}.{name}") for name, entry in value.items()}

    return read_table


def _listed(read: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    def read_list(value: Any, field: str) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise PolicyInvalid(field, "must be a list")
        return tuple(read(entry, f"{field}.{number}") for number, entry in enumerate(value, 1))

    return read_list


def _as_given(value: Any, field: str) -> Any:
    return value


# How each member that is more than one number or word is read.
_READERS: dict[str, Callable[[Any, str], Any]] = {
    "rules": _keyed(Kind, _group(KindRule)),
    "weights": _keyed(Part, _as_given),
    "deadlines": _group(DeadlineRule),
    "recognitions": _group(RecognitionRule),
    "targets": _group(Targets),
    "milestones": _listed(_group(Milestone)),
    "marks": _listed(_as_given),
}


def _check_names(settings: Any, field: str, kind: type) -> None:
    """Refuse what is no table, lacks a member without a default or has one that ``kind`` does not know."""
    if not isinstance(settings, Mapping):
        raise PolicyInvalid(field, "must be a table")
    known = {member.name: member for member in fields(kind)}
    for name, member in known.items():
        if name not in settings and member.default is MISSING:
            raise PolicyInvalid(_within(field, name), "is missing")
    for name in settings:
        if name not in known:
            raise PolicyInvalid(_within(field, name), "is unknown")


def _within(field: str, name: object) -> str:
    return str(name) if field == "settings" else f"{field}.{name}"


# The defaults of the model's table; 40 points a week is the goal, a quarter more the cap.
POINTS_AND_PACE = Policy(
    version=1,
    preset="points-and-pace",
    goal_per_period=Fraction(40),
    buffer=Fraction(5, 4),
    daily_limit=4,
    copy_threshold=Fraction(4, 5),
    rules={
        Kind.QUESTION: KindRule(Fraction(10), 20, 2),
        Kind.ANSWER: KindRule(Fraction(8), 15, 4),
        Kind.EXPERIENCE: KindRule(Fraction(20), 80, 1),
        Kind.RESOURCE: KindRule(Fraction(6), 20, 2),
        Kind.ARTICLE: KindRule(Fraction(8), 30, 2),
        Kind.ACCEPTED: KindRule(Fraction(6), None, 3),
        Kind.RECOGNITION: KindRule(Fraction(3), None, 4),
        Kind.DISTINCTION: KindRule(Fraction(10), None, 2),
    },
    weights={Part.ACTIVITY: 100},
)
