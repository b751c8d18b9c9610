"""Markdown to safe HTML and to plain excerpts.

Two walls stand between a text and its readers: the parser takes no HTML and makes links of a few
kinds of address only; nh3 then lets a short list of elements and attributes through. Nothing is
loaded from elsewhere: an image is shown as a link, for fetching it would tell its host who reads, unless it
is a file of the very contribution.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import nh3
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from .cleaning import clean_name, clean_text, whole_characters
from .house_style import OwnFile, house_parser
from .mentions import Mentioned, numbers_in

__all__ = [
    "OwnFile",
    "clean_name",
    "clean_text",
    "excerpt",
    "files_shown_in",
    "mentioned_in",
    "plain",
    "render",
]

# An excerpt reads this many times its length: enough to get past markup, and bounded for a feed.
READ_AHEAD = 8
# White space at which a line may be broken: all but the no-break spaces.
_BREAKABLE = re.compile(r"[^\S\u00a0\u2007\u202f]+")
_LOOSE_END = " \u00a0\u2007\u202f,;:.…"

_PARSER = house_parser()


def _show_mention(self, tokens: Sequence[Token], place: int, options, env) -> str:
    """Draw a mention of somebody whom `render` was given; anybody else's number stays text."""
    token = tokens[place]
    shown = env.get("mentioned", {}).get(token.meta["number"])
    if shown is None:
        return escapeHtml(token.content)
    name = f"@<bdi>{escapeHtml(shown.name)}</bdi>"
    if shown.address is None or token.meta["linked"]:
        return f'<span class="mention">{name}</span>'
    return f'<a class="mention" href="{escapeHtml(shown.address)}">{name}</a>'


_PARSER.add_render_rule("mention", _show_mention)

_ELEMENTS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code"),
    *("strong", "em", "s", "a", "table", "thead", "tbody", "tr", "th", "td", "span", "bdi"),
}
_DIRECTED = ("p", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table")
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_ATTRIBUTE_VALUES = {
    **{element: {"dir": {"auto"}} for element in _DIRECTED},
    "a": {"target": {"_blank"}, "class": {"mention"}},
    "span": {"class": {"mention"}},
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


_IMAGE = ("src", "srcset", "sizes", "width", "height", "alt", "loading")
_WIDTH = re.compile(r"\s[0-9]+w(?:,|$)")  # behind each address of a list for narrow and wide screens
_NAMED_FILE = re.compile(r"\bfile:[1-9]")


def render(
    markdown: str,
    mentioned: Mapping[int, Mentioned] | None = None,
    files: Mapping[int, OwnFile] | None = None,
) -> str:
    """Return safe HTML for a Markdown text (CommonMark, tables, strikethrough).

    Headings begin at h3 and skip no level; each outermost block takes its direction from its own
    text; links that leave the tool open elsewhere with ``rel="noopener nofollow ugc"``.

    :param mentioned: who is mentioned by number; a number that it lacks is shown as it stands.
    :param files: of the contribution, by number: what the text may show as ``![…](file:12)``.
    """
    shown = mentioned or {}
    people = tuple((number, shown[number]) for number in numbers_in(markdown) if number in shown)
    if files and _NAMED_FILE.search(markdown):
        return _with_files(markdown, people, files)
    once = len(markdown) <= _USUAL_LENGTH
    return _rendered_once(markdown, people) if once else _rendered(markdown, people)


def _rendered(markdown: str, people: tuple[tuple[int, Mentioned], ...]) -> str:
    return _CLEANER.clean(_PARSER.render(clean_text(markdown), {"mentioned": dict(people)}))


def _with_files(
    markdown: str, people: tuple[tuple[int, Mentioned], ...], files: Mapping[int, OwnFile]
) -> str:
    html = _PARSER.render(clean_text(markdown), {"mentioned": dict(people), "files": files})
    ours = {file.address for file in files.values()} | {file.small_address for file in files.values()}

    def only_ours(element: str, attribute: str, value: str) -> str | None:
        """Let images be of this contribution: the second wall, should the first ever let another through."""
        if element != "img" or attribute not in ("src", "srcset"):
            return value
        named = {address.strip() for address in _WIDTH.split(value) if address.strip()}
        return value if named <= ours else None

    return nh3.clean(
        html,
        tags=_ELEMENTS | {"figure", "img"},
        attributes=_ATTRIBUTES | {"img": set(_IMAGE)},
        attribute_filter=only_ours,
        tag_attribute_values=_ATTRIBUTE_VALUES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow ugc",
    )


def files_shown_in(markdown: str) -> set[int]:
    """Return the numbers of the files that a text shows or links."""
    if not _NAMED_FILE.search(markdown):
        return set()
    named: set[int] = set()
    _PARSER.parse(clean_text(markdown), {"named": named})
    return named


_rendered_once = lru_cache(maxsize=_KEPT_TEXTS)(_rendered)


def mentioned_in(markdown: str) -> list[int]:
    """Return the numbers of whom a text mentions, each once, in order: not in code, quoted or escaped."""
    if not numbers_in(markdown):
        return []
    tokens = _outside_quotations(_PARSER.parse(clean_text(markdown)))
    inline = (token.children or [] for token in tokens if token.type == "inline")
    found = (child.meta["number"] for children in inline for child in children if child.type == "mention")
    return list(dict.fromkeys(found))


def excerpt(markdown: str, length: int = 280) -> str:
    """Return the beginning as plain text on one line, at most ``length`` characters, cut at a word.

    Quotations and tables are left out unless there is nothing else; between words "[…]" says so, and a dot
    stands between the items of a list. Not escaped: it is text, not HTML. Mentions stay as they are kept
    (`mentions.read_aloud` gives them names); nothing else looks like one.
    """
    source = clean_text(markdown[: length * READ_AHEAD])
    tokens = _PARSER.parse(source)
    text = _extract(tokens) or _one_line(tokens)
    if len(text) <= length and len(markdown) <= length * READ_AHEAD:
        return text
    return _cut_at_word(text, length - 1) + "…"


# A text with none of these has no markup worth taking out (marks of a list do no harm in an extract).
_PLAIN_ALREADY = re.compile(r"[^\\`*_{}\[\]<>#|~&\t]*")


def plain(markdown: str) -> str:
    """Return all of a text on one line, without its markup and without quotations, unless it is nothing else.

    Not escaped: it is text, not HTML.
    """
    source = clean_text(markdown)
    if _PLAIN_ALREADY.fullmatch(source):
        return _BREAKABLE.sub(" ", source).strip()
    tokens = _PARSER.parse(source)
    return _one_line(_outside_quotations(tokens)) or _one_line(tokens)


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


_LEFT_OUT = ("blockquote", "table")


def _extract(tokens: Iterable[Token]) -> str:
    """Return the words outside quotations and tables on one line, "" when there are none."""
    line, depth, gap, before = "", 0, False, " "
    first_items: list[bool] = []
    for token in tokens:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if name in _LEFT_OUT:
            depth += token.nesting
            gap = True
        elif name in ("bullet_list", "ordered_list"):
            first_items = [*first_items, True] if token.nesting > 0 else first_items[:-1]
        elif token.type == "list_item_open":
            before = " " if first_items[-1] else " · "
            first_items[-1] = False
        elif not depth and (words := _one_line([token])):
            line += f" […] {words}" if gap and line else f"{before if line else ''}{words}"
            gap, before = False, " "
    return line


def _one_line(tokens: Iterable[Token]) -> str:
    passages = []
    for token in tokens:
        if token.type == "inline":
            passages.append(_plain(token.children or []))
        elif token.type in ("fence", "code_block"):
            passages.append(_no_mention(token.content))
    # No-break spaces stay: a guillemet must not begin the next line.
    return _BREAKABLE.sub(" ", " ".join(passages)).strip()


def _plain(tokens: Iterable[Token]) -> str:
    return "".join(map(_words_of, tokens))


def _words_of(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content if token.type == "mention" else _no_mention(token.content)


def _no_mention(text: str) -> str:
    """Part with something nobody sees what would look like a mention."""
    return text.replace("@[", "@\u2060[")
