"""Cleaning of text that comes from people and from an LMS, before it is kept."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

# More marks on one letter than any script uses; longer runs make normalisation cost their square.
MOST_MARKS = 10

_LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_UNWANTED = re.compile(
    "["
    "\u0000-\u0008\u000b-\u001f\u007f-\u009f"  # control characters but tab and newline
    "\u202a-\u202e\u2066-\u2069"  # bidirectional overrides and isolates: they reorder what follows
    "\ud800-\udfff"  # half characters, which no database and no UTF-8 can hold
    "]"
)


def clean_text(text: str) -> str:
    """Return ``text`` fit to keep: NFC, line ends as ``\\n``, nothing invisible that harms.

    NUL and control characters (but tab and newline), bidirectional overrides and isolates, and half
    surrogate pairs are removed, and marks beyond ten on one letter. Cleaning twice changes nothing.
    """
    visible = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))
    if not visible.isascii():
        visible = unicodedata.normalize("NFC", "".join(_few_marks(visible)))
    return visible


def _few_marks(text: Iterable[str]) -> Iterator[str]:
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MOST_MARKS:
            yield character


def clean_name(text: str, limit: int = 200) -> str:
    """Return a name from an LMS on one line, at most ``limit`` characters; "" when nothing is visible."""
    line = " ".join(clean_text(text).split())
    if all(unicodedata.category(character)[0] in "CZM" for character in line):
        return ""
    return line[: whole_characters(line, limit)].rstrip()


def whole_characters(text: str, limit: int) -> int:
    """Return the largest cut at or below ``limit`` that does not part a letter from its marks."""
    cut = min(limit, len(text))
    while 0 < cut < len(text) and (_joins(text[cut]) or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut


def _joins(character: str) -> bool:
    return character == "\u200d" or unicodedata.category(character).startswith("M")
