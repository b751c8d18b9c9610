"""The cap of a period, and what is left as lines and sums (peers F.2, *period*: E′ = min(E, C))."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from fractions import Fraction

from .entries import Entry
from .exact import short_text
from .facts import Kind
from .ledger import Line, PeriodSum, Reason
from .periods import Period
from .policy import Policy


def after_caps(
    entries: Sequence[Entry],
    begun: Sequence[Period],
    excused: Collection[int],
    policy: Policy,
    as_of: datetime,
) -> tuple[tuple[PeriodSum, ...], tuple[Line, ...]]:
    """Return the sum of each period that has begun, and a line for each entry.

    What lies over a period's cap is taken from its latest lines.
    """
    cap = policy.cap_per_period
    earned = {period.number: Fraction(0) for period in begun}
    lines = []
    for entry in entries:
        if entry.period is not None and entry.value:
            room = max(Fraction(0), cap - earned[entry.period])
            earned[entry.period] += entry.value
            entry = _under(cap, entry, room)
        lines.append(_line(entry))
    sums = [
        PeriodSum(
            number=period.number,
            starts_at=period.starts_at,
            ends_at=period.ends_at,
            earned=earned[period.number],
            kept=min(earned[period.number], cap),
            cap=cap,
            open=period.holds(as_of),
            excused=period.number in excused,
        )
        for period in begun
    ]
    return tuple(sums), tuple(lines)


def _under(cap: Fraction, entry: Entry, room: Fraction) -> Entry:
    if entry.value <= room:
        return entry
    return entry.lessened(
        room,
        Reason.OVER_PERIOD_CAP,
        cap=short_text(cap),
        value=short_text(entry.value),
        kept=short_text(room),
    )


def _line(entry: Entry) -> Line:
    item = entry.item
    return Line(
        subject=item.subject,
        title=item.title,
        kind=Kind(item.kind),
        period=entry.period,
        at=item.at.astimezone(UTC),
        value=entry.value,
        counted=entry.value > 0,
        reason=entry.worth.reason,
        detail=entry.worth.detail,
    )
