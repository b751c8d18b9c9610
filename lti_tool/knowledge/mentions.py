"""Mentions in a text: kept as `@[12]`, the number of a member, so that no text holds anybody's name.

Whoever edits a text reads `@[Inès Lefèvre #12]` in its place; the number is what counts when it comes back.
Whoever types `@Inès Lefèvre` mentions her too, when nobody else is called so (services.mentions decides).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

NUMBER = r"[1-9][0-9]{0,8}"
TOKEN = re.compile(rf"@\[({NUMBER})\]", re.ASCII)
# As a form shows it: whatever was made of the name, the number behind it holds.
_WRITTEN_OUT = re.compile(rf"@\[[^\[\]\n]{{0,200}}?#({NUMBER})\]", re.ASCII)
_LONGEST_NAME = 150
_UNFIT_FOR_A_NAME = re.compile(r"[\[\]\s]+")

# Names typed by hand: up to four words, where a word may begin. More than so many are not looked up.
_TYPED = re.compile(
    r"(?<![\w@.+\-\\])@(?=[^\W\d_])([\w'’\-.]{1,80}(?:[ \u00a0][^\W\d_][\w'’\-.]{0,80}){1,3})"
)
_WORD_END = re.compile(r"[ \u00a0]")
_LOOSE_END = ".'’-"
MOST_TYPED = 40


class Mentioned(NamedTuple):
    """How a mention is shown: what the member is called, and where their page is (None: no link)."""

    name: str
    address: str | None = None


def numbers_in(text: str) -> list[int]:
    """Return the numbers that stand in a text as mentions do, each once, in order."""
    return list(dict.fromkeys(int(found) for found in TOKEN.findall(text))) if "@[" in text else []


def stored(text: str) -> str:
    """Return a text as it came from a form, with numbers alone: what is kept."""
    return _WRITTEN_OUT.sub(r"@[\1]", text) if "@[" in text else text


def written_out(text: str, names: Mapping[int, str]) -> str:
    """Return a kept text as a form shows it, with the names of those in `names`; `stored` undoes it."""
    return _each(text, lambda number: f"@[{_plain(names[number])} #{number}]" if number in names else None)


def read_aloud(text: str, names: Mapping[int, str]) -> str:
    """Return a plain text with "@" and the name in the place of each mention of somebody in `names`."""
    return _each(text, lambda number: f"@{names[number]}" if number in names else None)


def nameless(text: str) -> str:
    """Return a plain text for outside: that somebody is mentioned, and not who."""
    return _each(text, lambda number: "@…")


def without(text: str, numbers: set[int]) -> str:
    """Return a text in which these mentions are plain text: nobody is named by them."""
    return _each(text, lambda number: rf"@\[{number}]" if number in numbers else None)


def typed_names(text: str) -> set[str]:
    """Return what may be names of members typed after an "@": each beginning of two words and more."""
    runs = [found[1] for found, _ in zip(_TYPED.finditer(text), range(MOST_TYPED), strict=False)]
    return {name for run in runs for name in _beginnings(run)}


def with_numbers(text: str, numbers: Mapping[str, int]) -> str:
    """Return a text with a number for each typed name that has one; the longest name wins."""

    def numbered(found: re.Match) -> str:
        for name in _beginnings(found[1]):
            if name in numbers:
                return f"@[{numbers[name]}]{found[1][len(name) :]}"
        return found[0]

    return _TYPED.sub(numbered, text) if numbers else text


def _each(text: str, shown: Callable[[int], str | None]) -> str:
    if "@[" not in text:
        return text
    return TOKEN.sub(lambda found: shown(int(found[1])) or found[0], text)


def _plain(name: str) -> str:
    """Return a name without what would end it in a form."""
    return _UNFIT_FOR_A_NAME.sub(" ", name)[:_LONGEST_NAME].strip()


def _beginnings(run: str) -> Iterator[str]:
    """Yield the beginnings of a run of words that have two words and more, the longest first."""
    ends = [len(run), *(space.start() for space in reversed(list(_WORD_END.finditer(run))))]
    for end in ends[:-1]:
        yield run[:end].rstrip(_LOOSE_END)
