"""The Markdown of the house: CommonMark with what a post inside our pages needs and may do."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import SplitResult, urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table as table_rule
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from .mentions import TOKEN

DEEPEST = 24
MOST_TABLE_CELLS = 5000
HIGHEST_HEADING = 3

# What follows an address in a sentence is not part of it.
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?'’»)\]*_~]", re.IGNORECASE)

# How a text names a file of its own contribution.
_OWN_FILE = re.compile(r"file:([1-9][0-9]{0,8})")

_HOST = re.compile(r"[\w.\-]+")


@dataclass(frozen=True)
class OwnFile:
    """A file of the contribution that a text belongs to. An image has a size, perhaps a small version."""

    address: str
    name: str
    width: int | None = None
    height: int | None = None
    alt: str | None = None
    small_address: str | None = None
    small_width: int | None = None


def house_parser() -> MarkdownIt:
    """Return a parser whose tokens follow the house: no HTML, safe links, shifted headings.

    Images are shown when they are of the contribution itself: `![…](file:12)`, with
    `{"files": {12: OwnFile}}` as the parser's environment. All others are links.
    """
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.at("table", _table_of_bearable_size, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.before("link", "mention", _mention)
    parser.core.ruler.push("house_style", _house_style)
    parser.validateLink = _may_be_linked  # type: ignore[method-assign]
    return parser


def _may_be_linked(address: str) -> bool:
    """Whether to make a link of ``address``: on the web, a mailbox, a path of this tool, an own file."""
    if _OWN_FILE.fullmatch(address):
        return True
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


def _mention(state: StateInline, silent: bool) -> bool:
    """Read `@[12]`, before a link could be made of the number."""
    found = TOKEN.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token = state.push("mention", "", 0)
        token.content, token.meta = found[0], {"number": int(found[1])}
    state.pos = found.end()
    return True


def _house_style(state: StateCore) -> None:
    """Shift headings, direct outermost blocks, name table columns, show own images, link all others."""
    above = HIGHEST_HEADING - 1
    files: Mapping[int, OwnFile] = state.env.get("files", {})
    named: set[int] = state.env.get("named", set())
    for index, token in enumerate(state.tokens):
        if token.type == "heading_open":
            above = _shift_heading(state.tokens[index : index + 3], above)
        if token.nesting == 1 and token.level == 0:
            token.attrSet("dir", "auto")
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.type == "inline":
            token.children = _house_links(token.children or [], files, named)
            if [child.meta.get("own") for child in token.children] == [True]:
                # An image that is all of a paragraph stands by itself.
                state.tokens[index - 1].tag = state.tokens[index + 1].tag = "figure"
                state.tokens[index - 1].attrs = {}


def _house_links(tokens: list[Token], files: Mapping[int, OwnFile], named: set[int]) -> list[Token]:
    own = _own_files(tokens, files, named)
    links = _named_links(_bare_addresses_as_links(_images_as_links(own)))
    return list(_mentions_outside_links(links))


def _own_files(tokens: Iterable[Token], files: Mapping[int, OwnFile], named: set[int]) -> Iterator[Token]:
    """Show images of the contribution, link its other files; of a file that it lacks the words stay.

    `named` gets the numbers of all that the text names.
    """
    dropped = False
    for token, linked in _with_linked(tokens):
        if token.type == "image" and (number := _number_of(token.attrs["src"])):
            named.add(number)
            yield from _own_image(files.get(number), _label(token.children or []), linked)
        elif token.type == "link_open" and (number := _number_of(token.attrs["href"])):
            named.add(number)
            dropped = number not in files
            if not dropped:
                token.attrSet("href", files[number].address)
                yield token
        elif token.type == "link_close" and dropped:
            dropped = False
        else:
            yield token


def _number_of(address: object) -> int:
    found = _OWN_FILE.fullmatch(str(address))
    return int(found[1]) if found else 0


def _own_image(file: OwnFile | None, label: str, linked: bool) -> Iterator[Token]:
    if file is None:
        yield _text(label)
    elif file.width is None:
        yield from (_text(label or file.name),) if linked else _link(file.address, label or file.name)
    else:
        shown = _image(file, label or file.alt or "")
        whole = shown if linked else f'<a href="{escape(file.address)}">{shown}</a>'
        yield Token("html_inline", "", 0, content=whole, meta={"own": True})


def _image(file: OwnFile, alt: str) -> str:
    told = {"src": file.small_address or file.address}
    if file.small_address:
        told["srcset"] = f"{file.small_address} {file.small_width}w, {file.address} {file.width}w"
        told["sizes"] = "(max-width: 42rem) 100vw, 42rem"
    told |= {"width": str(file.width), "height": str(file.height), "alt": alt, "loading": "lazy"}
    return "<img " + " ".join(f'{name}="{escape(value)}"' for name, value in told.items()) + ">"


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


def _mentions_outside_links(tokens: Iterable[Token]) -> Iterator[Token]:
    """Note of each mention whether it stands inside a link: it cannot be one itself there."""
    for token, linked in _with_linked(tokens):
        if token.type == "mention":
            token.meta["linked"] = linked
        yield token


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
