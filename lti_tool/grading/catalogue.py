"""The settings of a policy one by one: name, range and value of each, and how two policies differ.

A setting is named as PolicyInvalid names it: ``rules.answer.base``, ``deadlines.late_days``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

from .exact import round_half_up
from .facts import Kind
from .policy import Part, Policy

PRESET, GRADED, MARKS, MILESTONES = "preset", "graded", "marks", "milestones"


class Group(StrEnum):
    """What a setting is about, in the order in which people decide on it."""

    WEIGHTS = "weights"
    PERIOD = "period"
    CONTRIBUTIONS = "contributions"
    LIMITS = "limits"
    DEADLINES = "deadlines"
    HELP = "help"
    CHECKLIST = "checklist"


@dataclass(frozen=True)
class Setting:
    """One number of a policy. ``whole``: no fractions; ``optional``: may be left empty (None)."""

    name: str
    group: Group
    lowest: Fraction
    highest: Fraction
    whole: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Difference:
    """A setting that two policies hold differently."""

    name: str
    before: Any
    after: Any


def settings_for(kinds: Collection[Kind]) -> tuple[Setting, ...]:
    """Return every number that is of any use where these kinds can be contributed, in order of groups."""
    recognition = _RECOGNITION if Kind.RECOGNITION in kinds else ()
    of_kinds = tuple(setting for kind in Kind if kind in kinds for setting in _of_kind(kind))
    return (*_WEIGHTS, *_PERIOD, *of_kinds, *_LIMITS, *recognition, *_DEADLINES, *_HELP)


def plays_a_part(name: str, weighed: Collection[Part]) -> bool:
    """Tell whether a setting can change a score that these parts make.

    A checklist counts contributions and not their points: of a kind's points it only matters whether there
    are any, and for how many late replies those that came in time make room. Where contributions make no part
    of the score their points are shown all the same, and so is every setting of theirs.
    """
    parts = set(weighed)
    if not parts & _STANDING:
        return True
    return bool(parts & _PARTS_OF.get(name.split(".")[-1], frozenset(Part)))


def value_of(policy: Policy, name: str) -> Any:
    """Return what a policy holds under a setting's name; a kind without a rule brings nothing."""
    group, _, rest = name.partition(".")
    if group == "rules":
        kind, _, member = rest.partition(".")
        rule = policy.rules.get(Kind(kind))
        return _NO_RULE[member] if rule is None else getattr(rule, member)
    if group == "weights":
        return policy.weights.get(Part(rest), 0)
    return getattr(getattr(policy, group), rest) if rest else getattr(policy, group)


def with_values(policy: Policy, values: Mapping[str, Any]) -> Policy:
    """Return the policy with other values under these names; all others stay. Raises PolicyInvalid."""
    settings = policy.as_settings()
    for name, value in values.items():
        place = settings
        *path, last = name.split(".")
        for step in path:
            place = place.setdefault(step, {})
        place[last] = value
    # A part that weighs nothing is not weighed: stored or not, it is the same rule.
    settings["weights"] = {part: weight for part, weight in settings["weights"].items() if weight != 0}
    return Policy.from_settings(settings)


def differences(
    before: Policy, after: Policy, kinds: Collection[Kind] = tuple(Kind)
) -> tuple[Difference, ...]:
    """Return the settings that differ, among those that are of use for ``kinds``."""
    names = [PRESET, GRADED, *(setting.name for setting in settings_for(kinds)), MARKS, MILESTONES]
    found = (Difference(name, value_of(before, name), value_of(after, name)) for name in names)
    return tuple(one for one in found if one.before != one.after)


def written(value: Fraction | int) -> str:
    """Write a number exactly and as shortly as it goes: ``12.5``, ``8``; ``1/3`` where decimals never end."""
    number = Fraction(value)
    rest, places = number.denominator, 0
    for prime in (2, 5):
        times = 0
        while rest % prime == 0:
            rest, times = rest // prime, times + 1
        places = max(places, times)
    if rest != 1:
        return str(number)
    text = f"{round_half_up(number, places):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(name: str, group: Group, lowest: Fraction | int, highest: int) -> Setting:
    return Setting(name, group, Fraction(lowest), Fraction(highest))


def _whole(name: str, group: Group, lowest: int, highest: int) -> Setting:
    return Setting(name, group, Fraction(lowest), Fraction(highest), whole=True)


def _of_kind(kind: Kind) -> tuple[Setting, ...]:
    words = Setting(
        f"rules.{kind}.min_words", Group.CONTRIBUTIONS, Fraction(0), Fraction(5000), whole=True, optional=True
    )
    return (
        _number(f"rules.{kind}.base", Group.CONTRIBUTIONS, 0, 1000),
        *((words,) if kind.is_contribution else ()),
        _whole(f"rules.{kind}.per_period", Group.CONTRIBUTIONS, 0, 1000),
    )


# Parts that are made of points, of what counts at all, and of what no rule lets count for nothing.
_POINTS = frozenset({Part.ACTIVITY, Part.REGULARITY})
_COUNTED = _POINTS | {Part.MILESTONES}
_STANDING = _COUNTED | {Part.HELP}
# Which parts a setting can change, by the last word of its name; all others change any.
_PARTS_OF: Mapping[str, frozenset[Part]] = {
    "goal_per_period": _POINTS,
    "buffer": _POINTS,
    "base": _POINTS,
    "per_period": _POINTS,
    "daily_limit": _COUNTED,
    "late_days": _COUNTED,
    "reply_hours": _COUNTED,
    "helped_members": frozenset({Part.HELP}),
    "active_points": frozenset({Part.REGULARITY}),
    "active_share": frozenset({Part.REGULARITY}),
}
_NO_RULE: Mapping[str, Any] = {"base": Fraction(0), "min_words": None, "per_period": 0}
_HUNDREDTH = Fraction(1, 100)
_WEIGHTS = tuple(_whole(f"weights.{part}", Group.WEIGHTS, 0, 100) for part in Part)
_PERIOD = (
    _number("goal_per_period", Group.PERIOD, _HUNDREDTH, 10_000),
    _number("buffer", Group.PERIOD, 1, 10),
)
_LIMITS = (
    _whole("daily_limit", Group.LIMITS, 1, 1000),
    _number("copy_threshold", Group.LIMITS, _HUNDREDTH, 1),
)
_RECOGNITION = (
    _whole("recognitions.allowance", Group.LIMITS, 0, 1000),
    _whole("recognitions.per_giver", Group.LIMITS, 1, 1000),
    _whole("recognitions.per_pair", Group.LIMITS, 1, 1000),
    _whole("recognitions.return_hours", Group.LIMITS, 0, 24 * 60),
    _number("recognitions.returned_share", Group.LIMITS, 0, 1),
)
_DEADLINES = (
    _whole("deadlines.late_days", Group.DEADLINES, 0, 60),
    _whole("deadlines.reply_hours", Group.DEADLINES, 0, 24 * 60),
)
_HELP = (
    _whole("targets.helped_members", Group.HELP, 1, 1000),
    _number("targets.active_points", Group.HELP, _HUNDREDTH, 1000),
    _number("targets.active_share", Group.HELP, _HUNDREDTH, 1),
)
