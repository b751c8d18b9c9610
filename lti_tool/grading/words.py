"""Counting a member's own words, and telling how much of a text was copied from another.

A word is a run of letters or digits in any script. An apostrophe or a hyphen between two of them
does not split it ("l'équipe", "est-ce", "aujourd’hui" are one word each, as word processors count),
nor does a point or comma between digits ("3,5"). Each Han or kana character counts as a word, since
those scripts write no spaces. Accents, vowel signs and invisible characters neither make nor split
a word.

One's own words are what is left without quotations (block quotes, with their lazy lines), links
with their label, images, bare addresses, mentions and emoji. The content of a code block counts,
its fences and language name do not.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

SHINGLE = 5

_DROPPED = frozenset({"Mn", "Mc", "Me", "Cf"})

# Tables are not parsed: their bars are no words anyway, and a hostile one is costly.
_READER = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough"])
_SKIPPED_INLINE = {"link_open": 1, "link_close": -1}
_BREAKS = frozenset({"softbreak", "hardbreak", "image", "link_open", "link_close"})

_ADDRESS = re.compile(r"(?:https?://|(?<!\w)www\.)\S+", re.IGNORECASE)
# The look-behind lets a match begin only where a run begins: without it a long run costs its square.
_MAIL_OR_MENTION = re.compile(r"(?<![\w.+\-])[\w.+\-]*@[\w.\-]*")
_MENTION = re.compile(r"@\[[1-9][0-9]{0,8}\]", re.ASCII)
_EMOJI = re.compile("[^\\s\ufe0f]\ufe0f?\u20e3|[^\\s\ufe0f]\ufe0f")

_SPACELESS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"(?:(?![{_SPACELESS}])[^\W_])"
_WORD = re.compile(rf"[{_SPACELESS}]|{_LETTER}+(?:(?:['’ʼ＇\-‐‑]|(?<=\d)[.,](?=\d)){_LETTER}+)*")


def counted_words(markdown: str) -> int:
    """Return the number of the writer's own words in a Markdown text (rule in the module's docstring)."""
    return len(_own_words(markdown))


def overlap(text: str, other: str) -> Fraction:
    """Return the share (0..1) of the word sequences of ``text`` that also stand in ``other``.

    Sequences are five words long, or as long as ``text`` when it is shorter; case, accents and
    punctuation do not matter; a repeated sequence counts once, so that padding does not dilute a
    copy. Only the writer's own words are compared: quoting the parent is no copy. 0 when either
    has none.
    """
    return largest_overlap(text, [other])


def largest_overlap(text: str, others: Iterable[str]) -> Fraction:
    """Return the largest ``overlap`` of ``text`` with any of ``others``; 0 when there is none."""
    mine = _folded_words(text)
    length = min(SHINGLE, len(mine))
    if not length:
        return Fraction(0)
    sequences = _sequences(mine, length)
    shared = (len(sequences & _sequences(_folded_words(other), length)) for other in others)
    return Fraction(max(shared, default=0), len(sequences))


@lru_cache(maxsize=256)
def _folded_words(markdown: str) -> tuple[str, ...]:
    """Remembered, since a new text is compared with the same fifty earlier ones again and again."""
    return tuple(word.casefold() for word in _own_words(markdown))


def _sequences(words: tuple[str, ...], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def _own_words(markdown: str) -> list[str]:
    text = "\n".join(_own_passages(_READER.parse(_MENTION.sub(" ", markdown))))
    text = _EMOJI.sub(" ", _MAIL_OR_MENTION.sub(" ", _ADDRESS.sub(" ", text)))
    return _WORD.findall(_bare(text))


def _bare(text: str) -> str:
    """Drop accents, vowel signs and invisible format characters, which word patterns would split at.

    Loose marks go first: decomposing a long run of them would cost its square.
    """
    return _without_marks(unicodedata.normalize("NFD", _without_marks(text)))


def _without_marks(text: str) -> str:
    return "".join(character for character in text if unicodedata.category(character) not in _DROPPED)


def _own_passages(tokens: Iterable[Token]) -> Iterator[str]:
    quoted = 0
    for token in tokens:
        if token.type in ("blockquote_open", "blockquote_close"):
            quoted += token.nesting
        elif quoted:
            continue
        elif token.type == "inline":
            yield _own_inline(token.children or [])
        elif token.type in ("fence", "code_block"):
            yield token.content


def _own_inline(tokens: Iterable[Token]) -> str:
    linked = 0
    pieces = []
    for token in tokens:
        linked += _SKIPPED_INLINE.get(token.type, 0)
        if token.type in _BREAKS:
            pieces.append(" ")
        elif not linked:
            pieces.append(token.content)
    return "".join(pieces)
