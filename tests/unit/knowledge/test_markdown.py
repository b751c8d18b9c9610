"""What readers see of what members write: HTML for a post, a line for the feed."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.knowledge.markdown import excerpt, render

quick = settings(deadline=None, max_examples=100)
ABROAD = 'target="_blank" rel="noopener nofollow ugc"'


class TestRendering:
    @pytest.mark.parametrize(
        ("markdown", "html"),
        [
            ("", ""),
            ("a *b* **c** ~~d~~ `e`", "<em>b</em> <strong>c</strong> <s>d</s> <code>e</code>"),
            ("```py\n1 < 2\n```", "<pre><code>1 &lt; 2\n</code></pre>"),
            ("3. a\n4. b", '<ol start="3" dir="auto">\n<li>a</li>'),
            ("a  \nb", "a<br>\nb"),
            ("***", "<hr>"),
            ("|a|\n|-|\n|1|", '<th scope="col">a</th>'),
            ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
            ("a & b", "a &amp; b"),
        ],
    )
    def test_knows_common_markdown(self, markdown, html):
        assert html in render(markdown)

    @pytest.mark.parametrize("markdown", ["p", "# h", "> q", "- l", "1. l", "|a|\n|-|"])
    def test_lets_each_outermost_block_find_its_direction(self, markdown):
        assert render(markdown).count('dir="auto"') == 1

    def test_leaves_the_inside_of_a_block_to_it(self):
        """A block's own direction is found from its text only where no part declares one."""
        assert render("> שלום\n>\n> - עולם").count("dir=") == 1


class TestHeadings:
    def test_begin_below_those_of_the_page(self):
        assert "<h3" in render("# One")
        assert "<h3" in render("One\n===")

    def test_skip_no_level(self):
        html = render(
            "###### Six\n\n# One\n\n### Three\n\n# One\n\n## Two\n\n### Three\n\n#### Four\n\n##### Five"
        )
        levels = [line[2] for line in html.splitlines() if line.startswith("<h")]
        assert levels == ["3", "3", "4", "3", "4", "5", "6", "6"]

    def test_without_words_are_none(self):
        assert "<h" not in render("#\n\n# \n\n##")


class TestLinks:
    @pytest.mark.parametrize(
        "markdown",
        [
            "[a](https://example.org)",
            "<https://example.org>",
            "https://example.org",
            "HTTPS://example.org",
            "[a][1]\n\n[1]: https://example.org",
        ],
    )
    def test_that_leave_open_elsewhere_and_vouch_for_nothing(self, markdown):
        assert ABROAD in render(markdown)

    def test_inside_the_tool_stay_in_the_frame(self):
        html = render("[a](/communities/3/posts/4)")
        assert '<a href="/communities/3/posts/4"' in html
        assert "_blank" not in html

    def test_to_a_mailbox_are_links(self):
        assert 'href="mailto:a@example.org"' in render("<a@example.org>")

    @pytest.mark.parametrize(
        ("sentence", "address"),
        [
            ("See https://example.org/a_b?c=d&e=f.", "https://example.org/a_b?c=d&amp;e=f"),
            ("(https://example.org/x)", "https://example.org/x"),
            ("« https://example.org » !", "https://example.org"),
            ("**https://example.org**", "https://example.org"),
        ],
    )
    def test_are_made_of_bare_addresses_without_the_punctuation(self, sentence, address):
        assert f'href="{address}"' in render(sentence)

    @pytest.mark.parametrize("markdown", ["`https://example.org`", "```\nhttps://example.org\n```"])
    def test_are_not_made_in_code(self, markdown):
        assert "<a" not in render(markdown)

    @pytest.mark.parametrize(
        "markdown", ["[](https://example.org)", "[ ](https://example.org)", "[`​`](https://example.org)"]
    )
    def test_are_never_nested_and_never_broken(self, markdown):
        assert render(markdown).count("<a ") == render(markdown).count("</a>") == 1

    @pytest.mark.parametrize(
        "markdown",
        ["[](https://example.org)", "[ ](https://example.org)", "[![](https://a.b/c)](https://example.org)"],
    )
    def test_without_words_show_their_address(self, markdown):
        assert ">https://example.org</a>" in render(markdown).replace("> ", ">")

    @pytest.mark.parametrize(
        "address",
        [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "&#106;avascript:alert(1)",
            "javascript&colon;alert(1)",
            "java&Tab;script:alert(1)",
            "vbscript:x",
            "data:text/html,x",
            "data:image/png;base64,AAAA",
            "file:///etc/passwd",
            "//evil.example",
            "\\\\evil.example",
            "https:evil",
            "http://[",
            "https://",
            "https://:80",
            "https://a.example:port",
            "https://a.example:99999",
            "https://school.example@evil.example",
            "ftp://example.org",
            "relative/path",
        ],
    )
    def test_to_anything_else_are_left_as_text(self, address):
        for markdown in (f"[a]({address})", f"![a]({address})", f"<{address}>", f"[a]\n\n[a]: {address}"):
            assert "<a" not in render(markdown)


class TestImages:
    def test_are_links_so_that_nobody_learns_who_reads(self):
        html = render("![a *nice* picture](https://example.org/x.png)")
        assert "<img" not in html
        assert f'<a href="https://example.org/x.png" {ABROAD}>a nice picture</a>' in html

    def test_without_description_show_their_address(self):
        assert ">https://example.org/x.png</a>" in render("![](https://example.org/x.png)")

    def test_inside_a_link_are_its_words(self):
        html = render("[![logo](https://a.example/x.png)](https://example.org)")
        assert html.count("<a ") == 1
        assert f'<a href="https://example.org" {ABROAD}>logo</a>' in html


class TestAnExcerpt:
    @pytest.mark.parametrize(
        ("markdown", "text"),
        [
            ("", ""),
            (
                "# Title\n\nSome **bold** [link](https://example.org) and `code`\nmore",
                "Title Some bold link and code more",
            ),
            ("> quoted\n\nmine", "mine"),
            ("> only quoted", "only quoted"),
            ("She said:\n\n> leave it\n\nbut I did not.", "She said: […] but I did not."),
            ("Mine\n\n> quoted at the end", "Mine"),
            ("To do:\n\n- one\n- two\n  - three\n  - four\n- five", "To do: one · two three · four · five"),
            ("1. first\n2. second\n\nthen", "first · second then"),
            ("Hello.\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nBye.", "Hello. […] Bye."),
            ("| a | b |\n| --- | --- |\n| 1 | 2 |", "a b 1 2"),
            ("<b> & co", "<b> & co"),
            ("![picture](https://example.org/x.png)", "picture"),
            ("```\na  b\n```", "a b"),
            ("«\u00a0tout\nva bien\u00a0»\u202f!", "«\u00a0tout va bien\u00a0»\u202f!"),
        ],
    )
    def test_is_plain_text_on_one_line(self, markdown, text):
        assert excerpt(markdown) == text

    def test_is_cut_at_a_word(self):
        assert excerpt("one two three four", 12) == "one two…"
        assert excerpt("one, two three four", 6) == "one…"
        assert excerpt("one\u00a0; two three", 6) == "one…"

    def test_cuts_a_long_word_but_no_letter(self):
        assert excerpt("a" * 50, 10) == "a" * 9 + "…"
        assert excerpt("abcdefghx\u0323\u0302yz", 10) == "abcdefgh…"

    def test_says_that_something_follows_even_past_what_it_read(self):
        assert excerpt("[x](https://example.org/" + "y" * 300 + ") and more " * 50, 20).endswith("…")

    @quick
    @given(st.text(max_size=300), st.integers(1, 60))
    def test_fits_its_length_on_one_line(self, markdown, length):
        text = excerpt(markdown, length)
        assert len(text) <= length
        assert text == " ".join(re.split(r"[^\S\u00a0\u2007\u202f]+", text.strip()))

    @quick
    @given(st.lists(st.text("abc", min_size=1, max_size=9), max_size=30), st.integers(5, 80))
    def test_is_the_beginning_of_the_text(self, words, length):
        text = " ".join(words)
        cut = excerpt(text, length)
        assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))
