"""The answer of the grading model: a score, its parts, and one line with a reason per contribution."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from .exact import exact, round_half_up
from .facts import Kind
from .policy import Part

RECORD_FORMAT = 1


class Reason(StrEnum):
    """Why a line brings what it brings; each code is one sentence on the learner's page."""

    COUNTED = "counted"
    RATED = "rated"
    LATE = "late"
    TOO_SHORT = "too_short"
    NEAR_COPY = "near_copy"
    OWN_THREAD = "own_thread"
    REMOVED = "removed"
    RATED_ZERO = "rated_zero"
    OVER_KIND_LIMIT = "over_kind_limit"
    OVER_DAILY_LIMIT = "over_daily_limit"
    OVER_PERIOD_CAP = "over_period_cap"
    OUTSIDE_PERIOD = "outside_period"
    NOT_IN_POLICY = "not_in_policy"
    EXCUSED_PERIOD = "excused_period"
    OVER_REPLY_WINDOW = "over_reply_window"
    BY_STAFF = "by_staff"
    SAME_GIVER_AND_ITEM = "same_giver_and_item"
    OVER_GIVER_LIMIT = "over_giver_limit"
    OVER_PAIR_LIMIT = "over_pair_limit"
    RETURNED = "returned"


class RecordUnreadable(ValueError):
    """A stored record that is no statement of a known format."""


@dataclass(frozen=True)
class Line:
    """What one contribution brings after every rule, and why.

    ``value`` is exact; the values of all lines add up to the statement's points. ``counted`` is
    true when it brings anything. ``detail`` holds the numbers for the sentence: counts as int,
    points and factors as text such as ``12.5`` (keys per reason are listed in ``grading.score``).
    """

    subject: str
    title: str
    kind: Kind
    period: int | None
    at: datetime
    value: Fraction
    counted: bool
    reason: Reason
    detail: Mapping[str, int | str]

    @property
    def points(self) -> Decimal:
        """The value for showing, rounded half up to two decimals."""
        return round_half_up(self.value)


@dataclass(frozen=True)
class PeriodSum:
    """The points of one period that has begun: earned by its best items, kept under the cap.

    Nothing is earned nor asked for in an excused one.
    """

    number: int
    starts_at: datetime
    ends_at: datetime
    earned: Fraction
    kept: Fraction
    cap: Fraction
    open: bool
    excused: bool = False


@dataclass(frozen=True)
class Measure:
    """What a part of the score is made of: ``have`` of ``target``, at most all of it, at its weight.

    Activity: points; help: distinct members; regularity: periods; assessment: the rubric of 1;
    milestones: points of those reached, of those asked for so far.
    """

    part: Part
    weight: int
    have: Fraction
    target: Fraction

    @property
    def share(self) -> Fraction:
        """The part, 0..1."""
        return min(Fraction(1), self.have / self.target)


@dataclass(frozen=True)
class Statement:
    """The score of one member at ``as_of`` with everything needed to explain and to freeze it.

    ``score`` of ``maximum`` is ``share`` (0..1) rounded half up to two decimals; ``points`` is the
    sum kept, ``target`` the goal that it is measured against (g × N). ``at_close`` is what the
    score becomes when the open period closes and nothing is added. ``final``: every period closed.
    ``digest`` is the sha256 of the facts used. ``parts`` are those that are weighed and available,
    ``measures`` what each is made of: empty where activity is all, since points and target say it.
    """

    score: Decimal
    maximum: Decimal
    share: Fraction
    parts: Mapping[Part, Fraction]
    points: Fraction
    target: Fraction
    closed_periods: int
    total_periods: int
    lines: tuple[Line, ...]
    periods: tuple[PeriodSum, ...]
    at_close: Decimal
    has_contributions: bool
    final: bool
    as_of: datetime
    policy_version: int
    zone: str
    digest: str
    measures: tuple[Measure, ...] = ()

    @property
    def open_period(self) -> PeriodSum | None:
        """The period that runs at ``as_of``, if any."""
        return next((period for period in self.periods if period.open), None)

    @property
    def excused_so_far(self) -> bool:
        """Whether something has begun and every period that has is excused."""
        return bool(self.periods) and all(period.excused for period in self.periods)

    def tells_the_same_as(self, other: "Statement") -> bool:
        """Tell whether both give the same score and explain it alike, whenever and of whichever facts.

        ``share`` and ``at_close`` follow from the rest, but where a trainer set the score of one of them.
        """
        return self == replace(
            other, as_of=self.as_of, digest=self.digest, share=self.share, at_close=self.at_close
        )

    def as_record(self) -> dict[str, Any]:
        """Return a JSON-safe record: text, whole numbers, booleans, lists and tables of these only."""
        record = {
            "format": RECORD_FORMAT,
            "score": str(self.score),
            "maximum": str(self.maximum),
            "share": str(self.share),
            "parts": {part.value: str(share) for part, share in self.parts.items()},
            "points": str(self.points),
            "target": str(self.target),
            "closed_periods": self.closed_periods,
            "total_periods": self.total_periods,
            "lines": [_line_record(line) for line in self.lines],
            "periods": [_period_record(period) for period in self.periods],
            "at_close": str(self.at_close),
            "has_contributions": self.has_contributions,
            "final": self.final,
            "as_of": self.as_of.isoformat(),
            "policy_version": self.policy_version,
            "zone": self.zone,
            "digest": self.digest,
        }
        # What the first release did not know is written only where there is any: it still reads the others.
        if self.measures:
            record["measures"] = [_measure_record(measure) for measure in self.measures]
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Statement":
        """Read back what ``as_record`` wrote. Raises RecordUnreadable."""
        try:
            if record["format"] != RECORD_FORMAT:
                raise RecordUnreadable(f"format {record['format']!r} is unknown")
            return cls(**_statement_fields(record))
        except RecordUnreadable:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as problem:
            raise RecordUnreadable(f"not a statement: {problem}") from problem


def _line_record(line: Line) -> dict[str, Any]:
    return {
        "subject": line.subject,
        "title": line.title,
        "kind": line.kind.value,
        "period": line.period,
        "at": line.at.isoformat(),
        "value": str(line.value),
        "counted": line.counted,
        "reason": line.reason.value,
        "detail": dict(line.detail),
    }


def _measure_record(measure: Measure) -> dict[str, Any]:
    return {
        "part": measure.part.value,
        "weight": measure.weight,
        "have": str(measure.have),
        "target": str(measure.target),
    }


def _period_record(period: PeriodSum) -> dict[str, Any]:
    later = {"excused": True} if period.excused else {}
    return {
        "number": period.number,
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
        "earned": str(period.earned),
        "kept": str(period.kept),
        "cap": str(period.cap),
        "open": period.open,
        **later,
    }


def _statement_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in record.items() if name != "format"}
    for name in ("score", "maximum", "at_close"):
        fields[name] = Decimal(record[name])
    for name in ("share", "points", "target"):
        fields[name] = exact(record[name])
    fields["parts"] = {Part(name): exact(share) for name, share in record["parts"].items()}
    fields["lines"] = tuple(_line(entry) for entry in record["lines"])
    fields["periods"] = tuple(_period(entry) for entry in record["periods"])
    fields["measures"] = tuple(_measure(entry) for entry in record.get("measures", ()))
    fields["as_of"] = datetime.fromisoformat(record["as_of"])
    return fields


def _line(entry: Mapping[str, Any]) -> Line:
    read = {
        "kind": Kind(entry["kind"]),
        "at": datetime.fromisoformat(entry["at"]),
        "value": exact(entry["value"]),
        "reason": Reason(entry["reason"]),
    }
    return Line(**{**entry, **read})


def _measure(entry: Mapping[str, Any]) -> Measure:
    numbers = {name: exact(entry[name]) for name in ("have", "target")}
    if numbers["target"] <= 0:
        raise ValueError("a part is measured against nothing")
    return Measure(**{**entry, "part": Part(entry["part"]), **numbers})


def _period(entry: Mapping[str, Any]) -> PeriodSum:
    moments = {name: datetime.fromisoformat(entry[name]) for name in ("starts_at", "ends_at")}
    points = {name: exact(entry[name]) for name in ("earned", "kept", "cap")}
    return PeriodSum(**{**entry, **moments, **points})
