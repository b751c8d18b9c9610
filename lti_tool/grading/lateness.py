"""Deadlines of prompts: points that lessen day by day, and the window for replies (peers F.2).

*lateness*: d = 1 on time or without a deadline, else max(0, 1 − delay/L).
*reply window*: replies within 48 h after the deadline lose nothing, but on one prompt they bring
together no more than what the member earned on it before the deadline.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from .entries import Entry
from .exact import short_text
from .facts import Kind
from .ledger import Reason
from .policy import Policy
from .rules import DeadlineRule

_TICK = timedelta(microseconds=1)


def share_on_time(delay: timedelta, late_days: int) -> Fraction:
    """Return d (0..1) for something that came ``delay`` after its deadline; 1 when it came before."""
    if delay <= timedelta():
        return Fraction(1)
    if not late_days:
        return Fraction(0)
    return max(Fraction(0), 1 - Fraction(delay // _TICK, timedelta(days=late_days) // _TICK))


def after_deadlines(
    entries: Sequence[Entry], policy: Policy, deadlines: Mapping[str, datetime]
) -> list[Entry]:
    """Let every entry, given in order of writing, bring what its prompt's deadline leaves of it.

    What counts as earned before a deadline is what the items bring by themselves, before any limit;
    replies take that room in the order in which they were written.
    """
    if not deadlines:
        return list(entries)
    room: defaultdict[str | None, Fraction] = defaultdict(Fraction)
    for entry in entries:
        if _delay(entry, deadlines) <= timedelta():
            room[entry.item.prompt] += entry.value
    kept = []
    for entry in entries:
        delay = _delay(entry, deadlines)
        if not entry.value or delay <= timedelta():
            kept.append(entry)
        elif _is_in_reply_window(entry, delay, policy.deadlines):
            left = room[entry.item.prompt]
            room[entry.item.prompt] = max(Fraction(0), left - entry.value)
            kept.append(_within(entry, left))
        else:
            kept.append(_late(entry, share_on_time(delay, policy.deadlines.late_days), policy))
    return kept


def _delay(entry: Entry, deadlines: Mapping[str, datetime]) -> timedelta:
    """How long after its deadline it was first written; edits keep that date. Not above zero: on time."""
    deadline = deadlines.get(entry.item.prompt or "")
    return timedelta() if deadline is None else entry.item.at - deadline


def _is_in_reply_window(entry: Entry, delay: timedelta, rule: DeadlineRule) -> bool:
    return entry.item.kind is Kind.ANSWER and delay <= timedelta(hours=rule.reply_hours)


def _within(entry: Entry, room: Fraction) -> Entry:
    if entry.value <= room:
        return entry
    return entry.lessened(
        room, Reason.OVER_REPLY_WINDOW, value=short_text(entry.value), kept=short_text(room)
    )


def _late(entry: Entry, share: Fraction, policy: Policy) -> Entry:
    detail: dict[str, int | str] = {"base": short_text(policy.rules[entry.item.kind].base)}
    if entry.item.quality != 1:
        detail["quality"] = short_text(entry.item.quality)
    detail["factor"] = short_text(share * entry.item.lateness)
    return entry.lessened(entry.value * share, Reason.LATE, **detail)
