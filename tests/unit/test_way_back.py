"""The way back into the LMS: its own address as it is, with our words behind it, and never anywhere else."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.way_back import LONGEST_WORDS, way_back

MOODLE = (
    "http://localhost:8080/mod/lti/return.php?course=2&launch_container=2&instanceid=5&sesskey=SESSKEY%2Bx"
)


class TestTheWayBack:
    def test_is_the_address_itself_when_nothing_is_said(self):
        assert way_back(MOODLE) == MOODLE

    def test_keeps_the_query_byte_for_byte_and_puts_words_behind_it(self):
        assert way_back(MOODLE, said="À bientôt & merci", logged="left") == (
            MOODLE + "&lti_msg=%C3%80%20bient%C3%B4t%20%26%20merci&lti_log=left"
        )

    def test_says_what_did_not_work_in_the_words_of_the_standard(self):
        back = way_back("https://lms.example/back", wrong="Oh?", wrong_logged="expired CV-1")
        assert back == "https://lms.example/back?lti_errormsg=Oh%3F&lti_errorlog=expired%20CV-1"

    def test_keeps_a_fragment_at_its_end(self):
        assert way_back("https://lms.example/a#b", said="x") == "https://lms.example/a?lti_msg=x#b"

    @pytest.mark.parametrize(
        "address",
        [
            None,
            "",
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example/",
            "/courses/2",
            "https://user@evil.example/",
            "https://lms.example/\nx",
            "ftp://lms.example/",
            "https://lms.example/" + "x" * 2000,
        ],
    )
    def test_is_none_where_the_address_is_no_page_of_the_web(self, address):
        assert way_back(address, said="x") is None

    def test_keeps_words_short(self):
        said = parse_qs(urlsplit(way_back(MOODLE, said="é" * 900)).query)["lti_msg"]
        assert said == ["é" * LONGEST_WORDS]

    @given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=150))
    def test_words_come_out_as_they_went_in_and_change_nothing_else(self, words):
        back = way_back(MOODLE, said=words, wrong=words)
        parts = urlsplit(back)
        assert back.startswith(MOODLE)
        assert (parts.scheme, parts.netloc, parts.path) == ("http", "localhost:8080", "/mod/lti/return.php")
        told = parse_qs(parts.query, keep_blank_values=True)
        assert told.get("lti_msg", [""]) == told.get("lti_errormsg", [""]) == [words.strip()]
        assert told["sesskey"] == ["SESSKEY+x"]
