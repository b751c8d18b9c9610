"""How much recognition between the same people counts (peers F.2, *anti-gaming*).

Staff are outside; one recognition per giver for the same contribution; distinct givers in a period;
at most two of one giver over the whole community; half of one that returns another within a day.
They are taken in the order in which they came, so that what comes later never undoes what counted.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from .entries import Entry
from .exact import short_text
from .facts import Kind
from .ledger import Reason
from .rules import RecognitionRule


def after_recognition_limits(entries: Sequence[Entry], rule: RecognitionRule) -> list[Entry]:
    """Apply the limits to the recognitions among these entries, given in the order in which they came.

    A recognition that does not count takes nobody's place. Without a giver no limit applies.
    """
    counted = _Counted(rule)
    return [counted.take(entry) if _is_limited(entry) else entry for entry in entries]


def _is_limited(entry: Entry) -> bool:
    return entry.item.kind is Kind.RECOGNITION and bool(entry.value) and entry.item.praise is not None


class _Counted:
    """What has counted so far, of whom, for what and when."""

    def __init__(self, rule: RecognitionRule) -> None:
        self._rule = rule
        self._items: set[tuple[int, str | None]] = set()
        self._in_period: Counter[tuple[int, int | None]] = Counter()
        self._of_giver: Counter[int] = Counter()

    def take(self, entry: Entry) -> Entry:
        """Return the entry as the limits leave it, and remember it when it counts."""
        praise = entry.item.praise
        if praise.by_staff:
            return entry.refused(Reason.BY_STAFF)
        item, period = (praise.giver, praise.about), (praise.giver, entry.period)
        if item in self._items:
            return entry.refused(Reason.SAME_GIVER_AND_ITEM)
        if self._in_period[period] >= self._rule.per_giver:
            return entry.refused(Reason.OVER_GIVER_LIMIT, limit=self._rule.per_giver)
        if self._of_giver[praise.giver] >= self._rule.per_pair:
            return entry.refused(Reason.OVER_PAIR_LIMIT, limit=self._rule.per_pair)
        if praise.about is not None:
            self._items.add(item)
        self._in_period[period] += 1
        self._of_giver[praise.giver] += 1
        return self._halved_when_returned(entry)

    def _halved_when_returned(self, entry: Entry) -> Entry:
        """Only the one that returns is lessened: the first was given before anybody could expect it."""
        returns = entry.item.praise.returns
        if returns is None or entry.item.at - returns > timedelta(hours=self._rule.return_hours):
            return entry
        share = self._rule.returned_share
        return entry.lessened(
            entry.value * share, Reason.RETURNED, base=short_text(entry.value), factor=short_text(share)
        )
