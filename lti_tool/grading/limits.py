"""The limits per kind and per day, period by period (peers F.2, *period*, *anti-gaming*; decision 0008)."""

from collections.abc import Sequence

from .entries import Entry
from .exact import short_text
from .ledger import Reason
from .periods import local_day, zone_of
from .policy import Policy
from .selection import Candidate, best_within_limits


def after_limits(entries: Sequence[Entry], policy: Policy, zone: str) -> list[Entry]:
    """Let only those count that bring most within both limits; a day cut by a period bound counts in each."""
    refused: dict[str, Entry] = {}
    for number in {entry.period for entry in entries}:
        mine = [entry for entry in entries if entry.period == number and entry.value]
        chosen = _chosen(mine, policy, zone)
        kept = [mine[index] for index in chosen]
        for index in set(range(len(mine))) - chosen:
            refused[mine[index].item.subject] = _over_limit(mine[index], kept, policy)
    return [refused.get(entry.item.subject, entry) for entry in entries]


def _chosen(entries: Sequence[Entry], policy: Policy, zone: str) -> frozenset[int]:
    days = zone_of(zone)
    candidates = [
        Candidate(
            entry.item.kind,
            local_day(entry.item.at, days) if entry.item.kind.is_contribution else None,
            entry.value,
        )
        for entry in entries
    ]
    limits = {kind: rule.per_period for kind, rule in policy.rules.items()}
    return best_within_limits(candidates, limits, policy.daily_limit)


def _over_limit(entry: Entry, kept: Sequence[Entry], policy: Policy) -> Entry:
    """Name the limit that an item lies over: its kind's when better ones fill it, else its day's."""
    limit = policy.rules[entry.item.kind].per_period
    rivals = [other for other in kept if other.item.kind is entry.item.kind]
    by_kind = len(rivals) == limit and all(other.value >= entry.value for other in rivals)
    reason = Reason.OVER_KIND_LIMIT if by_kind else Reason.OVER_DAILY_LIMIT
    return entry.refused(
        reason, limit=limit if by_kind else policy.daily_limit, value=short_text(entry.value)
    )
