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


# What separates folders, what systems forbid in names, and marks that turn the direction of what follows.
_NOT_IN_FILE_NAMES = re.compile('[<>:"|?*\u200e\u200f\u061c\u200b\ufeff]')


def clean_file_name(name: str, ending: str, limit: int = 200) -> str:
    """Return the name of a file as it is kept and offered: the last part of a path, on one line.

    :param ending: how it shall end, without the dot: that of its type, whatever it said.
    """
    last = re.split(r"[/\\]", name.replace("\0", ""))[-1]
    line = clean_name(_NOT_IN_FILE_NAMES.sub("", clean_text(last)), 10 * limit)
    stem, _, said = line.rpartition(".")
    ends = stem.strip(" .") and 0 < len(said) <= 8 and said.isalnum() and said.isascii()
    bare = stem if ends else line
    bare = bare.strip(" .")
    room = limit - len(ending) - 1
    bare = bare[: whole_characters(bare, room)].rstrip(" .")
    return f"{bare or 'file'}.{ending}"
