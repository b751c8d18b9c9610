"""Words from an LMS are made harmless; ids are kept as they are or not at all."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.lti.texts import clean, identifier, words_of


class TestCleaning:
    @given(st.text(max_size=400), st.integers(1, 50))
    def test_leaves_one_short_line_without_control_or_direction_characters(self, text, limit):
        cleaned = clean(text, limit)

        assert cleaned is None or 0 < len(cleaned) <= limit
        assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in cleaned or "")
        assert not set(cleaned or "") & set(
            "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
        )

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("  Zoé\n Dupont ", "Zoé Dupont"),
            ("\u202eeodnoC", "eodnoC"),
            ("a\x00b", "ab"),
            ("عائشة", "عائشة"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("\u200b", None),
            (None, None),
            (["a"], None),
        ],
    )
    def test_keeps_what_people_are_called(self, text, expected):
        assert clean(text, 200) == expected


class TestKeepingAnIdentifier:
    @pytest.mark.parametrize("value", ["5", "  x ", "106:8865aa", "é", "x" * 255])
    def test_changes_nothing(self, value):
        assert identifier(value) == value

    @pytest.mark.parametrize("value", ["", None, 5, "a\x00", "\ud800", "x" * 256, ["5"]])
    def test_refuses_what_cannot_be_kept(self, value):
        assert identifier(value) is None


class TestReadingAnAnswerAsWords:
    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (b"<html><title>Down</title><script>x()</script><p>Back&nbsp;soon</p>", "Down Back soon"),
            (b"&lt;img src=x onerror=y&gt;hello", "hello"),
            (b"\xff\xfe", "\ufffd\ufffd"),
            ("<b>bold</b>", "bold"),
            (None, ""),
            (b"", ""),
        ],
    )
    def test_strips_tags_and_entities(self, answer, expected):
        assert words_of(answer) == expected

    def test_cuts_after_three_hundred_characters(self):
        assert len(words_of(b"a" * 100_000)) == 300
