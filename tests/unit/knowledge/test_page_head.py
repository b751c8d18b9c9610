"""The words of a stranger's page about itself, whatever the stranger wrote."""

import time

import pytest

from lti_tool.knowledge.page_head import DESCRIPTION_LIMIT, READ, TITLE_LIMIT, PageHead, page_head

PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Plain
 title</title><meta name="description" content="Plain words">
<meta property="og:title" content="Told &amp; shared"><meta property="og:site_name" content="Example">
<meta property="og:description" content="What it says"></head><body><title>Not this</title></body>"""


class TestAPage:
    def test_is_told_as_it_wants_to_be_shared(self):
        assert page_head(PAGE.encode()) == PageHead("Told & shared", "What it says", "Example")

    def test_is_told_by_its_title_where_it_says_no_more(self):
        found = page_head(b"<title>Only\n this</title><svg><title>An image</title></svg>")
        assert found == PageHead("Only this", None, None)

    def test_says_nothing(self):
        assert page_head(b"") == page_head(b"\x00\xff\xfe" * 50) == PageHead(None, None, None)

    @pytest.mark.parametrize(
        ("encoding", "declared", "content_type"),
        [
            ("utf-8", "", "text/html"),
            ("iso-8859-1", "", "text/html; charset=ISO-8859-1"),
            ("windows-1252", '<meta charset="windows-1252">', ""),
            ("utf-16", "", ""),
            ("utf-8", '<meta charset="rot13">', "text/html; charset=zip"),
        ],
    )
    def test_is_read_in_its_own_letters(self, encoding, declared, content_type):
        page = f"{declared}<title>Été</title>".encode(encoding)
        assert page_head(page, content_type).title == "Été"

    def test_is_kept_short_and_on_one_line_without_what_harms(self):
        page = f"<title>{'é' * 5000}</title><meta name=description content='a\u202e\x07{'b ' * 5000}'>"
        found = page_head(page.encode())
        assert len(found.title) <= TITLE_LIMIT and len(found.description) <= DESCRIPTION_LIMIT
        assert found.description.startswith("ab b")

    @pytest.mark.parametrize(
        "piece",
        [
            "<",
            "<!--",
            "<!",
            "</",
            "<a ",
            "<a b='",
            "<meta ",
            "<script>",
            "<title>",
            "&",
            "&#",
            "<![CDATA[",
            "<![",
            "<?x ",
            "<b><p>",
        ],
    )
    def test_made_to_take_long_does_not(self, piece):
        before = time.process_time()
        page_head((piece * READ)[: 2 * READ].encode())
        assert time.process_time() - before < 2

    def test_is_plain_words_however_it_is_written(self):
        found = page_head(b"<title>&lt;img src=x onerror=alert(1)&gt;</title>")
        assert found.title == "<img src=x onerror=alert(1)>"  # a template escapes it as it does any text
