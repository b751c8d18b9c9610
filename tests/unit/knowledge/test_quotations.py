"""Quoting somebody's own words."""

import pytest

from lti_tool.knowledge.markdown import render
from lti_tool.knowledge.quotations import LONGEST, quotation


class TestAQuotation:
    def test_marks_every_line(self):
        assert quotation("First\n\nSecond") == "> First\n>\n> Second\n\n"

    def test_leaves_out_what_was_quoted_there(self):
        assert quotation("> He said\n\nI say") == "> I say\n\n"

    @pytest.mark.parametrize("nothing", ["", "  \n", "> only his words"])
    def test_of_nothing_of_theirs_is_nothing(self, nothing):
        assert quotation(nothing) == ""

    def test_is_cut_at_a_word(self):
        found = quotation("word " * 1000)
        assert len(found) < LONGEST + 10
        assert found.endswith("word …\n\n")

    def test_of_one_endless_word_is_cut_too(self):
        assert len(quotation("x" * 20_000)) < LONGEST + 10

    def test_stays_harmless(self):
        assert "<script" not in render(quotation("<script>x</script>\n# [x](javascript:y)"))
