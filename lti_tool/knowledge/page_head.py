"""What a web page says of itself in its head: title, description and the name of its site.

The page is a stranger's. Only its beginning is read, once from front to back, and nothing of it is kept but
plain words.
"""

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser

from lti_tool.knowledge.cleaning import clean_name

# Heads longer than this hold programs, not words about the page.
READ = 300_000
TITLE_LIMIT, DESCRIPTION_LIMIT, SITE_LIMIT = 200, 300, 80

_NAMED = r"""charset\s{0,9}=\s{0,9}["']?([A-Za-z0-9_.:-]{1,40})"""
_IN_HEADER = re.compile(_NAMED, re.IGNORECASE)
_IN_PAGE = re.compile(rb"<meta[^<>]{0,200}?" + _NAMED.encode(), re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# By any other name a page could have itself read as something else than text.
_TEXT_CODECS = re.compile(
    r"(?:utf-?(?:8|16(?:-?[bl]e)?)|us-ascii|ascii|latin-?1|iso-?8859-?\d+|windows-?\d+|cp\d+"
    r"|koi8-[ru]|big5|gb2312|gbk|gb18030|euc-?(?:jp|kr)|shift[_-]?jis)",
    re.IGNORECASE,
)
# The first of these that says something.
_TITLES = ("og:title", "twitter:title", "title")
_DESCRIPTIONS = ("og:description", "description", "twitter:description")
_SITES = ("og:site_name", "application-name")


@dataclass(frozen=True)
class PageHead:
    """Words of a page about itself, each one line; None where it says nothing."""

    title: str | None
    description: str | None
    site: str | None


def page_head(page: bytes, content_type: str = "") -> PageHead:
    """Read the head of a page of HTML; `content_type` is what its server said of it."""
    head = _Head()
    # Not closed at the end: what is left unfinished there says nothing. The parser of the standard library
    # ends with an AssertionError at some markup that is none (`<![<![`).
    with suppress(_Over, AssertionError):
        head.feed(_text(page[:READ], content_type))
    return PageHead(
        title=_first(head.told, _TITLES, TITLE_LIMIT),
        description=_first(head.told, _DESCRIPTIONS, DESCRIPTION_LIMIT),
        site=_first(head.told, _SITES, SITE_LIMIT),
    )


def _text(page: bytes, content_type: str) -> str:
    marked = next((name for mark, name in _MARKS if page.startswith(mark)), None)
    in_header, in_page = _IN_HEADER.search(content_type), _IN_PAGE.search(page[:4096])
    named = marked or (in_header and in_header[1]) or (in_page and in_page[1].decode("ascii")) or "utf-8"
    try:
        return page.decode(named if _TEXT_CODECS.fullmatch(named) else "utf-8", "replace")
    except (LookupError, UnicodeError):
        return page.decode("utf-8", "replace")


def _first(told: dict[str, str], names: tuple[str, ...], limit: int) -> str | None:
    found = (clean_name(told[name], limit) for name in names if name in told)
    return next((words for words in found if words), None)


class _Over(Exception):
    """The head is over."""


class _Head(HTMLParser):
    """Collects the titles and meta elements up to the body."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.told: dict[str, str] = {}
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            raise _Over
        # The title of an image in the page is none of the page.
        self._in_title = tag == "title" and "title" not in self.told
        if tag == "meta":
            told = dict(attrs)
            name = (told.get("property") or told.get("name") or "").strip().lower()
            if name and told.get("content"):
                self.told.setdefault(name, (told["content"] or "")[: 10 * DESCRIPTION_LIMIT])

    def handle_endtag(self, tag: str) -> None:
        if tag == "head":
            raise _Over
        self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.told["title"] = (self.told.get("title", "") + data)[: 10 * TITLE_LIMIT]
