import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.knowledge.markdown import clean_name, clean_text

quick = settings(deadline=None, max_examples=100)
nasty = st.text(
    st.characters()
    | st.characters(categories=["Cc", "Cf", "Cs", "Mn", "Zl", "Zp", "Zs"])
    | st.sampled_from("\r\n\u0301\u0323"),
    max_size=80,
)
OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class TestCleaningText:
    @pytest.mark.parametrize(
        ("text", "cleaned"),
        [
            ("a\x00b\x07c\x1b[31m\x7f\x9b", "abc[31m"),
            ("tab\tand\nline", "tab\tand\nline"),
            ("dos\r\nmac\rnel\u0085ls\u2028ps\u2029end\r\r\n", "dos\nmac\nnel\nls\nps\nend\n\n"),
            (f"file{OVERRIDES}exe", "fileexe"),
            ("e\u0301", "é"),
            ("half \ud83d pair", "half  pair"),
            ("مرحبا \u200fعالم", "مرحبا \u200fعالم"),
            ("👩‍👩‍👧 ❤️", "👩‍👩‍👧 ❤️"),
            ("", ""),
        ],
    )
    def test_keeps_what_people_write_and_drops_the_rest(self, text, cleaned):
        assert clean_text(text) == cleaned

    @quick
    @given(nasty)
    def test_leaves_nothing_harmful(self, text):
        cleaned = clean_text(text)
        assert all(
            character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
            for character in cleaned
        )
        assert not set(cleaned) & {*OVERRIDES, "\u2028", "\u2029"}
        assert unicodedata.is_normalized("NFC", cleaned)
        assert cleaned.encode().decode() == cleaned

    @quick
    @given(nasty)
    def test_done_twice_changes_nothing_more(self, text):
        assert clean_text(clean_text(text)) == clean_text(text)

    @quick
    @given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=80))
    def test_keeps_every_letter(self, text):
        assert clean_text(text) == unicodedata.normalize("NFC", text)

    def test_thins_a_tower_of_accents(self):
        assert len(clean_text("a" + "\u0301\u0323" * 10_000)) <= 11


class TestCleaningAName:
    @pytest.mark.parametrize(
        ("name", "cleaned"),
        [
            ("  Amina \r\n\t Diallo ", "Amina Diallo"),
            ("Jean\u00a0\u2003Dupont", "Jean Dupont"),
            ("\u202eevil\u202c", "evil"),
            ("\x00", ""),
            ("\u200b\u200e \ufeff", ""),
            ("\u0301", ""),
            ("李", "李"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ],
    )
    def test_gives_one_visible_line(self, name, cleaned):
        assert clean_name(name) == cleaned

    def test_cuts_at_the_limit_and_not_inside_a_letter(self):
        assert clean_name("a" * 300) == "a" * 200
        assert clean_name("ab cd", limit=3) == "ab"
        assert clean_name("abx\u0323\u0302", limit=3) == "ab"

    @quick
    @given(nasty, st.integers(1, 30))
    def test_fits_the_limit_and_holds_no_line_break(self, name, limit):
        cleaned = clean_name(name, limit)
        assert len(cleaned) <= limit
        assert cleaned == " ".join(cleaned.split())

    @quick
    @given(nasty)
    def test_done_twice_changes_nothing_more(self, name):
        assert clean_name(clean_name(name)) == clean_name(name)
