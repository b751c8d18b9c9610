"""Markdown to safe HTML and to plain excerpts.

Two walls stand between a text and its readers: the parser takes no HTML and makes links of a few
kinds of address only; nh3 then lets a short list of elements and attributes through. Nothing is
loaded from elsewhere: an image is shown as a link, for fetching it would tell its host who reads.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import nh3
from markdown_it.token import Token

from .cleaning import clean_name, clean_text, whole_characters
from .house_style import house_parser

__all__ = ["clean_name", "clean_text", "excerpt", "render"]

# An excerpt reads this many times its length: enough to get past markup, and bounded for a feed.
READ_AHEAD = 8
# White space at which a line may be broken: all but the no-break spaces.
_BREAKABLE = re.compile(r"[^\S\u00a0\u2007\u202f]+")
_LOOSE_END = " \u00a0\u2007\u202f,;:.…"

_PARSER = house_parser()

_ELEMENTS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code"),
    *("strong", "em", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_DIRECTED = ("p", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table")
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_ATTRIBUTE_VALUES = {
    **{element: {"dir": {"auto"}} for element in _DIRECTED},
    "a": {"target": {"_blank"}},
    "th": {"scope": {"col"}},
}
# Made once: to read these lists takes longer than to clean a short text by them.
_CLEANER = nh3.Cleaner(
    tags=_ELEMENTS,
    attributes=_ATTRIBUTES,
    tag_attribute_values=_ATTRIBUTE_VALUES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener nofollow ugc",
)

# A thread is read far more often than written, and rendering is a third of what reading it costs: texts of a
# usual length are rendered once. Ten megabytes of what people write; a hundred and fifty at the most, of
# texts that are made to swell.
_USUAL_LENGTH, _KEPT_TEXTS = 2_000, 2_048


def render(markdown: str) -> str:
    """Return safe HTML for a Markdown text (CommonMark, tables, strikethrough).

    Headings begin at h3 and skip no level; each outermost block takes its direction from its own
    text; links that leave the tool open elsewhere with ``rel="noopener nofollow ugc"``.
    """
    return _rendered_once(markdown) if len(markdown) <= _USUAL_LENGTH else _rendered(markdown)


def _rendered(markdown: str) -> str:
    return _CLEANER.clean(_PARSER.render(clean_text(markdown)))


_rendered_once = lru_cache(maxsize=_KEPT_TEXTS)(_rendered)


def excerpt(markdown: str, length: int = 280) -> str:
    """Return the beginning as plain text on one line, at most ``length`` characters, cut at a word.

    Quotations are left out unless there is nothing else. Not escaped: it is text, not HTML.
    """
    source = clean_text(markdown[: length * READ_AHEAD])
    tokens = _PARSER.parse(source)
    text = _one_line(_outside_quotations(tokens)) or _one_line(tokens)
    if len(text) <= length and len(markdown) <= length * READ_AHEAD:
        return text
    return _cut_at_word(text, length - 1) + "…"


def _cut_at_word(text: str, length: int) -> str:
    if len(text) <= length:
        return text.rstrip(_LOOSE_END)
    cut = text.rfind(" ", 0, length + 1)
    if cut < length // 2:
        cut = whole_characters(text, length)
    return text[:cut].rstrip(_LOOSE_END)


def _outside_quotations(tokens: Iterable[Token]) -> Iterator[Token]:
    quoted = 0
    for token in tokens:
        if token.type in ("blockquote_open", "blockquote_close"):
            quoted += token.nesting
        elif not quoted:
            yield token


def _one_line(tokens: Iterable[Token]) -> str:
    passages = []
    for token in tokens:
        if token.type == "inline":
            passages.append(_plain(token.children or []))
        elif token.type in ("fence", "code_block"):
            passages.append(token.content)
    # No-break spaces stay: a guillemet must not begin the next line.
    return _BREAKABLE.sub(" ", " ".join(passages)).strip()


def _plain(tokens: Iterable[Token]) -> str:
    return "".join(" " if token.type in ("softbreak", "hardbreak") else token.content for token in tokens)
