"""How contributions are weighed: every number of the model is a setting of a versioned policy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from .exact import exact
from .facts import Kind


class Part(StrEnum):
    """A component of the grade; a policy weighs those that it uses."""

    ACTIVITY = "activity"


class PolicyInvalid(ValueError):
    """A policy setting is missing or out of its range; ``field`` names it, ``problem`` says what."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True)
class KindRule:
    """What one kind brings: base points, least number of words (None: no minimum), how many per period."""

    base: Fraction
    min_words: int | None
    per_period: int

    def __post_init__(self) -> None:
        """Hold the points exactly and every number within its range. Raises PolicyInvalid."""
        object.__setattr__(self, "base", _number(self.base, "base", Fraction(0), Fraction(1000)))
        if self.min_words is not None:
            _whole(self.min_words, "min_words", 0, 5000)
        _whole(self.per_period, "per_period", 0, 1000)


@dataclass(frozen=True)
class Policy:
    """One version of the rules; points and shares are exact, goal × ``buffer`` is the cap of a period."""

    version: int
    preset: str
    goal_per_period: Fraction
    buffer: Fraction
    daily_limit: int
    copy_threshold: Fraction
    rules: Mapping[Kind, KindRule]
    weights: Mapping[Part, int]

    def __post_init__(self) -> None:
        """Hold every number exactly and within its range. Raises PolicyInvalid."""
        _whole(self.version, "version", 1, 10**9)
        if not isinstance(self.preset, str) or not 0 < len(self.preset) <= 60:
            raise PolicyInvalid("preset", "must be a name of 1 to 60 characters")
        self._hold("goal_per_period", Fraction(1, 100), Fraction(10_000))
        self._hold("buffer", Fraction(1), Fraction(10))
        self._hold("copy_threshold", Fraction(1, 100), Fraction(1))
        _whole(self.daily_limit, "daily_limit", 1, 1000)
        for part, weight in self.weights.items():
            _whole(weight, f"weights.{part}", 0, 100)
        if not sum(self.weights.values()):
            raise PolicyInvalid("weights", "at least one part must weigh something")

    def _hold(self, name: str, lowest: Fraction, highest: Fraction) -> None:
        object.__setattr__(self, name, _number(getattr(self, name), name, lowest, highest))

    @property
    def cap_per_period(self) -> Fraction:
        """The most points that one period can bring (C = g × buffer)."""
        return self.goal_per_period * self.buffer

    def as_settings(self) -> dict[str, Any]:
        """Return the policy as JSON-safe settings: numbers that may be fractions are written as text."""
        return {
            "version": self.version,
            "preset": self.preset,
            "goal_per_period": str(self.goal_per_period),
            "buffer": str(self.buffer),
            "daily_limit": self.daily_limit,
            "copy_threshold": str(self.copy_threshold),
            "rules": {
                kind.value: {
                    "base": str(rule.base),
                    "min_words": rule.min_words,
                    "per_period": rule.per_period,
                }
                for kind, rule in self.rules.items()
            },
            "weights": {part.value: weight for part, weight in self.weights.items()},
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "Policy":
        """Read what ``as_settings`` wrote. Raises PolicyInvalid naming the first wrong setting."""
        _same_names(settings, "settings", cls.__dataclass_fields__)
        rules = _keyed(settings["rules"], "rules", Kind, _rule_from_settings)
        weights = _keyed(settings["weights"], "weights", Part, lambda weight, _: weight)
        return cls(**{**settings, "rules": rules, "weights": weights})


def _rule_from_settings(settings: Any, field: str) -> KindRule:
    _same_names(settings, field, KindRule.__dataclass_fields__)
    try:
        return KindRule(**settings)
    except PolicyInvalid as problem:
        raise PolicyInvalid(_within(field, problem.field), problem.problem) from problem


def _keyed(value: Any, field: str, names: type[StrEnum], read: Callable[[Any, str], Any]) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise PolicyInvalid(field, "must be a table")
    unknown = [name for name in value if name not in list(names)]
    if unknown:
        raise PolicyInvalid(f"{field}.{unknown[0]}", "is unknown")
    return {names(name): read(entry, f"{field}.{name}") for name, entry in value.items()}


def _same_names(settings: Any, field: str, expected: Mapping[str, Any]) -> None:
    if not isinstance(settings, Mapping):
        raise PolicyInvalid(field, "must be a table")
    for name in expected:
        if name not in settings:
            raise PolicyInvalid(_within(field, name), "is missing")
    for name in settings:
        if name not in expected:
            raise PolicyInvalid(_within(field, name), "is unknown")


def _within(field: str, name: object) -> str:
    return str(name) if field == "settings" else f"{field}.{name}"


def _number(value: Any, field: str, lowest: Fraction, highest: Fraction) -> Fraction:
    try:
        number = exact(value)
    except ValueError as problem:
        raise PolicyInvalid(field, str(problem)) from problem
    if not lowest <= number <= highest:
        raise PolicyInvalid(field, f"must lie between {lowest} and {highest}")
    return number


def _whole(value: Any, field: str, lowest: int, highest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise PolicyInvalid(field, f"must be a whole number between {lowest} and {highest}")


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
