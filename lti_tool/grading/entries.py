"""Items on their way to becoming lines: one after the other, each rule may lessen what they bring."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from .items import Item, Worth, worth_of
from .ledger import Reason
from .periods import Period
from .policy import Policy


@dataclass(frozen=True)
class Entry:
    """An item, the number of the period that it falls into (None: none), and what it brings so far."""

    item: Item
    period: int | None
    worth: Worth

    @property
    def value(self) -> Fraction:
        """The points that are left."""
        return self.worth.value

    def lessened(self, value: Fraction, reason: Reason, /, **detail: int | str) -> "Entry":
        """Return the entry as a rule leaves it, with the rule's reason."""
        return replace(self, worth=Worth(value, reason, detail))

    def refused(self, reason: Reason, /, **detail: int | str) -> "Entry":
        """Return the entry as a rule leaves it that lets nothing count."""
        return self.lessened(Fraction(0), reason, **detail)


def placed(
    items: Iterable[Item], policy: Policy, periods: Sequence[Period], excused: frozenset[int]
) -> list[Entry]:
    """Put each item into its period, with what it brings by itself.

    Nothing counts outside the periods, nor in one of which the member is excused: such a period is
    taken out of sums and targets alike (peers F.2, *excused period*).
    """
    entries = []
    for item in items:
        period = next((period.number for period in periods if period.holds(item.at)), None)
        entry = Entry(item, period, worth_of(item, policy))
        if entry.value and period is None:
            entry = entry.refused(Reason.OUTSIDE_PERIOD)
        elif entry.value and period in excused:
            entry = entry.refused(Reason.EXCUSED_PERIOD)
        entries.append(entry)
    return entries
