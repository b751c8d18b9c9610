"""Mentions: what a form shows comes back as it was kept; nothing else becomes one."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grading.words import counted_words
from lti_tool.knowledge.markdown import excerpt, mentioned_in, render
from lti_tool.knowledge.mentions import (
    Mentioned,
    nameless,
    numbers_in,
    read_aloud,
    stored,
    typed_names,
    with_numbers,
    without,
    written_out,
)

numbers = st.integers(1, 999_999_999)
names = st.text(st.characters(codec="utf-8"), max_size=250)
pieces = st.one_of(
    numbers.map(lambda number: f"@[{number}]"),
    st.sampled_from(
        ["@", "[", "]", "#", "@[", "#12]", "@[a #3]", "@[0]", "\\", "`", "\n", " ", "(", "://", "*", "_"]
    ),
    st.text(max_size=5),
)
texts = st.lists(pieces, max_size=25).map("".join)
INES = {12: Mentioned('Inès "<b>" Lefèvre', '/communities/1/members/12?seat=1&x="')}


def shown(markdown: str, people=INES) -> BeautifulSoup:
    return BeautifulSoup(render(markdown, people), "html.parser")


class TestTheWayThroughAForm:
    @given(texts, st.dictionaries(numbers, names, max_size=5), names)
    def test_changes_nothing_that_is_kept(self, text, called, name):
        kept = stored(text)
        called |= dict.fromkeys(numbers_in(kept), name)
        assert stored(written_out(kept, called)) == kept

    @given(texts)
    def test_once_is_enough(self, text):
        assert stored(stored(text)) == stored(text)

    @given(names, numbers)
    def test_leaves_no_name(self, name, number):
        assert stored(written_out(f"a @[{number}] b", {number: name})) == f"a @[{number}] b"

    def test_is_led_by_the_number_whatever_became_of_the_name(self):
        assert stored("@[Ines, my friend #12], @[ #3]") == "@[12], @[3]"

    @pytest.mark.parametrize(
        "text", ["@[Ines]", "@[#]", "@[a\n#3]", "@[a [b] #3]", "@[x #0]", "@[x #1234567890]", "@[x #٣]"]
    )
    def test_makes_none_of_what_is_none(self, text):
        assert stored(text) == text


class TestATextAsItIsShown:
    def test_has_the_name_as_text_and_leads_to_the_member(self):
        link = shown("Hi @[12]!").select_one("a.mention")
        assert (link.text, link["href"]) == ('@Inès "<b>" Lefèvre', '/communities/1/members/12?seat=1&x="')

    def test_has_no_link_without_an_address_nor_inside_one(self):
        assert (
            shown("@[12]", {12: Mentioned("a former member")}).select_one("span.mention").text
            == "@a former member"
        )
        inside = shown("[see @[12]](https://example.org)")
        assert len(inside.select("a")) == 1
        assert inside.select_one("span.mention")

    @pytest.mark.parametrize(
        "text", ["`@[12]`", "    @[12]", "```\n@[12]\n```", "\\@[12]", "@\\[12]", "@[99]", "@[012]"]
    )
    def test_keeps_what_is_none_as_text(self, text):
        assert shown(text).select_one(".mention") is None
        assert "[" in shown(text).text

    def test_is_a_mention_though_the_number_names_an_address(self):
        page = shown("@[12]\n\n[12]: https://evil.example")
        assert [link["href"] for link in page.select("a")] == [INES[12].address]

    @given(texts)
    def test_mentions_exactly_whom_it_says(self, text):
        everybody = {number: Mentioned("X") for number in numbers_in(text)}
        page = shown(text, everybody)
        assert len(page.select(".mention")) >= len(mentioned_in(text))
        assert {link.text for link in page.select(".mention")} <= {"@X"}

    def test_of_a_thousand_mentions_takes_no_long_time(self):
        assert len(shown("@[12]" * 4000).select(".mention")) == 4000

    @given(texts)
    def test_escaped_mentions_nobody(self, text):
        assert mentioned_in(without(text, set(numbers_in(text)))) == []


class TestAnExcerpt:
    def test_keeps_mentions_for_names_and_breaks_what_only_looks_like_one(self):
        text = excerpt("Ask @[12], not @\\[12] nor `@[12]`.")
        assert read_aloud(text, {12: "Inès"}).count("Inès") == 1
        assert nameless(text).startswith("Ask @…, not")


class TestNamesTypedByHand:
    @pytest.mark.parametrize(
        ("text", "made"),
        [
            ("@Inès Lefèvre", "@[12]"),
            ("Ask @Inès Lefèvre.", "Ask @[12]."),
            ("(@Inès Lefèvre) and @Jean-Luc d’Or too", "(@[12]) and @[3] too"),
            ("@Inès Lefèvre knows it", "@[12] knows it"),
            ("@Inès", "@Inès"),
            ("mail@Inès Lefèvre", "mail@Inès Lefèvre"),
            ("\\@Inès Lefèvre", "\\@Inès Lefèvre"),
            ("@Inès\nLefèvre", "@Inès\nLefèvre"),
        ],
    )
    def test_become_numbers_where_they_are_known(self, text, made):
        known = {"Inès Lefèvre": 12, "Jean-Luc d’Or": 3}
        assert (
            with_numbers(text, {name: number for name, number in known.items() if name in typed_names(text)})
            == made
        )

    @given(st.text(st.sampled_from("@aé .-'’\n"), max_size=300))
    def test_are_few_whatever_is_typed(self, text):
        assert len(typed_names(text)) <= 120


class TestTheWordCount:
    @given(st.lists(numbers, max_size=5))
    def test_leaves_mentions_out(self, mentioned):
        assert counted_words("one " + " ".join(f"@[{number}]" for number in mentioned) + " two") == 2
