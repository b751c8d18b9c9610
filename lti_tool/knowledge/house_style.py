"""The Markdown of the house: CommonMark with what a post inside our pages needs and may do."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import SplitResult, urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table as table_rule
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

DEEPEST = 24
MOST_TABLE_CELLS = 5000
HIGHEST_HEADING = 3

# What follows an address in a sentence is not part of it.
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?'’»)\]*_~]", re.IGNORECASE)

_HOST = re.compile(r"[\w.\-]+")


def house_parser() -> MarkdownIt:
    """Return a parser whose tokens follow the house: no HTML, no images, safe links, shifted headings."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.at("table", _table_of_bearable_size, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.push("house_style", _house_style)
    parser.validateLink = _may_be_linked  # type: ignore[method-assign]
    return parser


def _may_be_linked(address: str) -> bool:
    """Whether to make a link of ``address``: a page on the web, a mailbox, or a path of this tool."""
    if address.startswith("/"):
        return not address.startswith(("//", "/\\"))
    try:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https"):
            return _names_a_host(parts)
    except ValueError:  # Also raised by a host or a port that cannot be.
        return False
    return parts.scheme == "mailto" and bool(parts.path)


def _names_a_host(parts: SplitResult) -> bool:
    """Whether a host stands there, with no name before it that would pass for one (``school@evil``)."""
    host = parts.hostname or ""
    host.encode("idna")
    return bool(_HOST.fullmatch(host)) and "@" not in parts.netloc and parts.port != 0


def _table_of_bearable_size(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Leave a table of too many cells as text: a short source can otherwise swell to a huge page."""
    if start + 2 <= end:
        columns = state.src[state.bMarks[start + 1] : state.eMarks[start + 1]].count("|") + 1
        if columns * (end - start) > MOST_TABLE_CELLS:
            return False
    return table_rule(state, start, end, silent)


def _house_style(state: StateCore) -> None:
    """Shift headings, direct outermost blocks, name table columns, turn images into links."""
    above = HIGHEST_HEADING - 1
    for index, token in enumerate(state.tokens):
        if token.type == "heading_open":
            above = _shift_heading(state.tokens[index : index + 3], above)
        if token.nesting == 1 and token.level == 0:
            token.attrSet("dir", "auto")
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.type == "inline":
            token.children = _house_links(token.children or [])


def _house_links(tokens: list[Token]) -> list[Token]:
    return list(_named_links(_bare_addresses_as_links(_images_as_links(tokens))))


def _shift_heading(heading: list[Token], above: int) -> int:
    """Give a heading (opening, text, closing) its place below ``above``; return its level."""
    opening, text, closing = heading
    if not text.content.strip():
        opening.tag = closing.tag = "p"
        return above
    level = min(int(opening.tag[1]) + HIGHEST_HEADING - 1, above + 1, 6)
    opening.tag = closing.tag = f"h{level}"
    return level


def _images_as_links(tokens: Iterable[Token]) -> Iterator[Token]:
    for token, linked in _with_linked(tokens):
        if token.type != "image":
            yield token
        elif linked:
            yield _text(_label(token.children or []))
        else:
            yield from _link(str(token.attrs["src"]), _label(token.children or []))


def _bare_addresses_as_links(tokens: Iterable[Token]) -> Iterator[Token]:
    for token, linked in _with_linked(tokens):
        if token.type != "text" or linked:
            yield token
            continue
        shown = 0
        for found in _BARE_ADDRESS.finditer(token.content):
            if _may_be_linked(found.group()):
                yield _text(token.content[shown : found.start()])
                yield from _link(found.group(), found.group())
                shown = found.end()
        yield _text(token.content[shown:])


def _with_linked(tokens: Iterable[Token]) -> Iterator[tuple[Token, bool]]:
    """Yield each token with whether it stands inside a link."""
    depth = 0
    for token in tokens:
        if token.type in ("link_open", "link_close"):
            depth += token.nesting
        yield token, depth > 0


def _link(address: str, label: str) -> tuple[Token, Token, Token]:
    return Token("link_open", "a", 1, attrs={"href": address}), _text(label), Token("link_close", "a", -1)


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _label(tokens: Iterable[Token]) -> str:
    """Return the words of an image's description."""
    return "".join(_label(token.children) if token.children else token.content for token in tokens)


def _named_links(tokens: Iterable[Token]) -> Iterator[Token]:
    """Open links that leave the tool elsewhere; show the address of a link that has no words."""
    address, label = "", ""
    for token in tokens:
        if token.type == "link_open":
            address, label = str(token.attrs["href"]), ""
            if address.lower().startswith(("http:", "https:")):
                token.attrSet("target", "_blank")
        elif token.type == "link_close" and not label.strip():
            yield _text(address)
        else:
            label += token.content
        yield token
