"""Which of the matches of a search stand first: said in the title, proven of use, recent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from .searching import Query

# All words in the title outweigh what help and a year can add; a part of them does not.
TITLE, SOLVED, THANKS, RECENT = 3.0, 1.0, 0.2, 1.0
MOST_THANKS = 5
# After so long a contribution is worth half of a new one.
HALF = timedelta(days=120)


@dataclass(frozen=True)
class Match:
    """What is known of a contribution before its text is read; `title` is "" of a reply."""

    post_id: int
    comment_id: int | None
    title: str
    at: datetime
    solved: bool
    helped_count: int


def best_first(matches: Iterable[Match], query: Query, now: datetime) -> list[Match]:
    """Return matches in the order in which they are worth reading; of two alike the newer first."""
    return sorted(matches, key=lambda match: (worth(match, query, now), match.at), reverse=True)


def newest_first(matches: Iterable[Match]) -> list[Match]:
    """Return matches by time."""
    return sorted(matches, key=lambda match: match.at, reverse=True)


def worth(match: Match, query: Query, now: datetime) -> float:
    """Return how much a match is worth to somebody who looks for these words."""
    in_title = len(query.met(match.title)) / len(query.wanted) if match.title else 0.0
    thanked = THANKS * min(match.helped_count, MOST_THANKS)
    age = max(now - match.at, timedelta(0)) / HALF
    return TITLE * in_title + SOLVED * match.solved + thanked + RECENT / (1 + age)


def likeness(titles: Sequence[str], query: Query) -> list[float]:
    """Return how much of a query each of some titles says, from 0 to 1: rare words among them say more."""
    met = [query.met(title) for title in titles]
    places = range(len(query.wanted))
    weights = [log(1 + len(titles) / (1 + sum(place in words for words in met))) for place in places]
    whole = sum(weights) or 1.0
    return [sum(weights[place] for place in words) / whole for words in met]
