"""Which questions fit what somebody has helped with, and the one reason that is given for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from lti_tool.knowledge.folding import folded

# Words that carry a subject are long; as many letters of them are compared, so that plurals meet.
SHORTEST_WORD, COMPARED = 5, 6
WORDS_IN_COMMON = 2


class Ground(StrEnum):
    """Why a question is proposed to somebody, the strongest first."""

    THANKED_TOPIC = "thanked-topic"
    HELPS = "helps"
    THANKED_TAG = "thanked-tag"
    FOLLOWS = "follows"
    THANKED_WORDS = "thanked-words"


# What each ground counts. Several add up, so that a question that fits in two ways comes before one in one.
WEIGHTS = {
    Ground.THANKED_TOPIC: 8,
    Ground.HELPS: 6,
    Ground.THANKED_TAG: 5,
    Ground.FOLLOWS: 3,
    Ground.THANKED_WORDS: 2,
}


@dataclass(frozen=True)
class Thanks:
    """Somebody (`by`, None where nobody is told) found a contribution helpful: what it was about."""

    by: int | None
    title: str
    topic: int | None
    tags: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Strengths:
    """What somebody helps with: thanks, the latest first, and the topics they chose."""

    thanks: tuple[Thanks, ...] = ()
    helps: frozenset[int] = frozenset()
    follows: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Subject:
    """What a question is about."""

    title: str
    topic: int | None = None
    tags: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Fit:
    """How well a question fits somebody: the heavier, the better; and the strongest reason."""

    weight: int
    ground: Ground
    thanks: Thanks | None = None
    tag: int | None = None


def fit(strengths: Strengths, asked: Subject) -> Fit | None:
    """Return how a question fits somebody, None when nothing speaks for it."""
    found = list(_grounds(strengths, asked))
    if not found:
        return None
    ground, thanks, tag = found[0]
    return Fit(sum(WEIGHTS[one] for one, _, _ in found), ground, thanks, tag)


def _grounds(strengths: Strengths, asked: Subject) -> Iterable[tuple[Ground, Thanks | None, int | None]]:
    """Go through the grounds in their order; each that holds, once."""
    by_topic = next((one for one in strengths.thanks if asked.topic and one.topic == asked.topic), None)
    if by_topic:
        yield Ground.THANKED_TOPIC, by_topic, None
    if asked.topic in strengths.helps:
        yield Ground.HELPS, None, None
    by_tag = next((one for one in strengths.thanks if one.tags & asked.tags), None)
    if by_tag:
        yield Ground.THANKED_TAG, by_tag, min(by_tag.tags & asked.tags)
    if asked.topic in strengths.follows:
        yield Ground.FOLLOWS, None, None
    words = significant_words(asked.title)
    alike = (one for one in strengths.thanks if _are_alike(words, one.title))
    by_words = next(alike, None)
    if by_words:
        yield Ground.THANKED_WORDS, by_words, None


def _are_alike(words: frozenset[str], title: str) -> bool:
    return len(words & significant_words(title)) >= WORDS_IN_COMMON


def significant_words(text: str) -> frozenset[str]:
    """Return the beginnings of the long words of a text, folded."""
    letters = "".join(letter if letter.isalnum() else " " for letter in folded(text))
    return frozenset(word[:COMPARED] for word in letters.split() if len(word) >= SHORTEST_WORD)
