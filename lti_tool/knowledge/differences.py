"""What an edit changed: two wordings compared word by word."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

# A word with the white space after it, or white space at the beginning.
_WORD = re.compile(r"\S+\s*|\s+")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# Beyond this many pairs a comparison takes too long for a page: it is then made more coarsely.
MOST_PAIRS = 200_000
# Of what stayed, this many words are shown on each side of a change.
AROUND = 12


class Change(StrEnum):
    """What became of a passage."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"
    LEFT_OUT = "left-out"  # stayed as it was, and is not shown


@dataclass(frozen=True)
class Passage:
    """Some words that stand together, and what became of them."""

    change: Change
    text: str


def differences(before: str, after: str) -> list[Passage]:
    """Return what leads from one text to the other, in reading order, removals before additions.

    All but the added passages make up `before`, all but the removed ones `after`. By words; where the texts
    are long and have little in common by lines, else as a whole.
    """
    for pieces in (_WORD, _LINE):
        old, new = pieces.findall(before), pieces.findall(after)
        start, end = _shared_ends(old, new)
        if (len(old) - start - end) * (len(new) - start - end) <= MOST_PAIRS:
            return _joined(_compared(old, new, start, end))
    return _joined([Passage(Change.REMOVED, before), Passage(Change.ADDED, after)])


def shortened(passages: Sequence[Passage]) -> list[Passage]:
    """Leave out long passages that stayed, but for the words next to a change."""
    found = []
    for place, passage in enumerate(passages):
        if passage.change is Change.KEPT:
            first, last = place == 0, place == len(passages) - 1
            found += _around(passage.text, 0 if first else AROUND, 0 if last else AROUND)
        else:
            found.append(passage)
    return found


def _around(text: str, at_start: int, at_end: int) -> list[Passage]:
    words = _WORD.findall(text)
    if len(words) <= at_start + at_end + AROUND:
        return [Passage(Change.KEPT, text)]
    middle = words[at_start : len(words) - at_end]
    parts = [
        Passage(Change.KEPT, "".join(words[:at_start])),
        Passage(Change.LEFT_OUT, "".join(middle)),
        Passage(Change.KEPT, "".join(words[len(words) - at_end :])),
    ]
    return [part for part in parts if part.text]


def _shared_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Count the pieces that both begin with, and those that both end with."""
    shortest = min(len(old), len(new))
    start = next((place for place in range(shortest) if old[place] != new[place]), shortest)
    rest = shortest - start
    end = next((place for place in range(rest) if old[-1 - place] != new[-1 - place]), rest)
    return start, end


def _compared(old: Sequence[str], new: Sequence[str], start: int, end: int) -> Iterator[Passage]:
    yield Passage(Change.KEPT, "".join(old[:start]))
    was, became = old[start : len(old) - end], new[start : len(new) - end]
    for kind, from_, to, new_from, new_to in SequenceMatcher(None, was, became).get_opcodes():
        if kind == "equal":
            yield Passage(Change.KEPT, "".join(was[from_:to]))
        else:
            yield Passage(Change.REMOVED, "".join(was[from_:to]))
            yield Passage(Change.ADDED, "".join(became[new_from:new_to]))
    yield Passage(Change.KEPT, "".join(old[len(old) - end :]))


def _joined(passages: Iterator[Passage] | list[Passage]) -> list[Passage]:
    """Put neighbours of one kind together, and leave out what is empty."""
    found: list[Passage] = []
    for passage in passages:
        if not passage.text:
            continue
        if found and found[-1].change is passage.change:
            passage = Passage(passage.change, found.pop().text + passage.text)
        found.append(passage)
    return found
