"""The words of a mail that was written as HTML: as plain text, without what was answered.

Nothing of the HTML is kept: no address is fetched, no style read, and what comes out is shown like anything
that somebody typed.
"""

import re
from contextlib import suppress
from html.parser import HTMLParser

# What ends with its start tag.
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr")
)
_UNSEEN = frozenset(
    (
        *("head", "style", "script", "title", "template", "noscript", "object", "iframe", "svg", "math"),
        *("select", "textarea"),
    )
)
_PARAGRAPHS = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "table", "blockquote"))
_BLOCKS = _PARAGRAPHS | {
    *("address", "article", "aside", "body", "center", "dd", "div", "dl", "dt", "footer", "form", "header"),
    *("li", "main", "section", "tr"),
}
# Where mail programs put what is answered, who wrote it, and signatures: Gmail, Yahoo, Proton, Thunderbird.
_NOT_TYPED = re.compile(
    r"(^|\s)(gmail_quote|gmail_quote_container|gmail_attr|gmail_signature|yahoo_quoted|yahoo-signature"
    r"|protonmail_quote|protonmail_signature_block|moz-cite-prefix|moz-signature|moz-forward-container"
    r"|zmail_extra|tutanota_quote)(\s|$)"
)
_SIGNATURES = frozenset(("ms-outlook-mobile-signature", "signature", "x_signature"))
# Outlook: everything from there on is what was answered.
_END = re.compile(
    r"^(x_)*(divRplyFwdMsg|appendonsend|mail-editor-reference-message-container|ms-outlook-mobile-body-separator-line)$"
)
_SPACES = re.compile(r"[ \t\r\n\f\v]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# Letters that are read, and elements inside each other: whoever types, needs neither.
_MOST, _MOST_DEEP = 300_000, 400


def words_of(html: str) -> str:
    """Return what can be read of an HTML mail; never fails, whatever it is given."""
    reader = _Reader()
    with suppress(Exception):  # nobody has listed what the parser raises at nonsense; what it read stays
        reader.feed(html[:_MOST])
        reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self._hidden_from: int | None = None  # how deep what is left out began
        self._ended = False
        self._lines: list[str] = [""]
        self._links: list[tuple[str, int, int]] = []

    def text(self) -> str:
        lines = [line.strip(" ") for line in self._lines]
        return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if _END.match(said.get("id", "")):
            self._ended = True
        if tag in _VOID:
            if tag == "br":
                self._new_line()
            return
        if len(self._open) < _MOST_DEEP:
            self._open.append(tag)
            if self._hidden_from is None and _is_left_out(tag, said):
                self._hidden_from = len(self._open)
        if tag in _BLOCKS:
            self._new_block(tag)
            if tag == "li":
                self._write("- ")
        if tag == "a" and not self._is_hidden():
            self._links.append((said.get("href", ""), len(self._lines), len(self._lines[-1])))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links and not self._is_hidden():
            self._end_link()
        if tag in self._open:
            while self._open.pop() != tag:
                pass
            if self._hidden_from is not None and len(self._open) < self._hidden_from:
                self._hidden_from = None
        if tag in _BLOCKS:
            self._new_block(tag)

    def handle_data(self, data: str) -> None:
        self._write(_SPACES.sub(" ", data.replace("\u200b", "")))

    def _is_hidden(self) -> bool:
        return self._ended or self._hidden_from is not None

    def _write(self, words: str) -> None:
        if self._is_hidden():
            return
        line = self._lines[-1]
        self._lines[-1] = line + (words.lstrip(" ") if not line or line.endswith(" ") else words)

    def _new_line(self) -> None:
        if not self._is_hidden():
            self._lines.append("")

    def _new_block(self, tag: str) -> None:
        if self._is_hidden():
            return
        if self._lines[-1].strip():
            self._lines.append("")
        if tag in _PARAGRAPHS and len(self._lines) > 1 and self._lines[-2].strip():
            self._lines.append("")

    def _end_link(self) -> None:
        """Write down where a link leads, unless its words say so."""
        href, line, begin = self._links.pop()
        words = self._lines[line - 1][begin:].strip() if line == len(self._lines) else ""
        if not href.startswith(("http://", "https://")) or re.search(r"[\s<>]", href):
            return
        if words and words.rstrip("/") not in (href.rstrip("/"), href.partition("//")[2].rstrip("/")):
            self._write(f" <{href}>")


def _is_left_out(tag: str, said: dict[str, str]) -> bool:
    if tag in _UNSEEN or "display:none" in said.get("style", "").replace(" ", "").lower():
        return True
    if tag == "blockquote" and (said.get("type", "").lower() == "cite" or "cite" in said):
        return True
    is_signature = said.get("id", "").lower() in _SIGNATURES
    return is_signature or bool(_NOT_TYPED.search(said.get("class", "")))
