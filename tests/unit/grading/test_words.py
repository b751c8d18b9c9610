"""What counts as a word of one's own, and what as a copy."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.words import counted_words, largest_overlap, overlap

quick = settings(deadline=None, max_examples=80)
plain_words = st.lists(st.text("abcdéèß", min_size=1, max_size=8), max_size=40)
markup = st.text(st.sampled_from(list("ab é1'’-_*`~>[]()!#@.:/\\\n\t|<&;")), max_size=120) | st.text(
    max_size=120
)

HOSTILE = [
    "[",
    "![",
    ">",
    "> a\n",
    "*",
    "*a_ ",
    "`",
    "@",
    "a@",
    "www.",
    "http://",
    "1.",
    "a'",
    "|a",
    "&",
    "~~",
    "\\",
]


class TestCountingWords:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("", 0),
            ("   \n\t", 0),
            ("one two  three\nfour", 4),
            ("l'équipe", 1),
            ("aujourd’hui", 1),
            ("est-ce qu'il vient ?", 3),
            ("rock 'n' roll", 3),
            ("- « oui » – non … !", 2),
            ("3,5 points et 10.000 euros", 5),
            ("fin.Début", 2),
            ("snake_case", 2),
            ("e\u0301quipe", 1),
            ("co\u00adpie co\u200bpie", 2),
            ("हिन्दी में लिखा", 3),
            ("مرحبا بالعالم", 2),
            ("שָׁלוֹם עולם", 2),
            ("学习小组 and カナ", 7),
            ("# Title\n\n* one\n* two\n\n1. three", 4),
            ("**bold**ly ~~st~~ruck", 2),
            ("a | b\n--|--\nc | d", 4),
            ("&eacute;t&eacute; &amp; hiver", 2),
        ],
    )
    def test_takes_runs_of_letters_and_digits_of_any_script(self, text, number):
        assert counted_words(text) == number

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("> quoted words\n\nmine", 1),
            ("> quoted\nlazily continued\n\nmine", 1),
            ("> > twice\n\nmine", 1),
            ("* > in a list\n\nmine", 1),
            ("see https://example.org/a/b?c=d now", 2),
            ("see www.example.org now", 2),
            ("see <https://example.org> now", 2),
            ("see [their long title](https://example.org) now", 2),
            ("see [their title][1] now\n\n[1]: https://example.org", 2),
            ("see ![a picture](https://example.org/x.png) now", 2),
            ("thanks @Jean and (@marie_c-2)", 2),
            ("write to jean.dupont+x@example.org today", 3),
            ("bravo 😀 👩‍👩‍👧 ❤️ 1️⃣ 🇫🇷 ℹ️", 1),
            ("```python\nx = compute(y)\n```", 3),
            ("run `make test` now", 4),
        ],
    )
    def test_leaves_out_what_is_not_ones_own(self, text, number):
        assert counted_words(text) == number

    @quick
    @given(plain_words)
    def test_counts_plain_words_one_by_one(self, words):
        assert counted_words(" ".join(words)) == len(words)

    @quick
    @given(plain_words, plain_words)
    def test_is_not_raised_by_a_quotation(self, mine, theirs):
        quotation = "".join(f"> {word}\n" for word in theirs)
        assert counted_words(f"{quotation}\n{' '.join(mine)}") == len(mine)

    @quick
    @given(markup)
    def test_takes_any_text(self, text):
        assert 0 <= counted_words(text) <= len(text)

    @pytest.mark.parametrize("piece", HOSTILE)
    def test_ends_on_the_longest_hostile_text(self, piece):
        assert counted_words((piece * 20_000)[:20_000]) <= 20_000

    def test_ends_on_a_letter_with_ten_thousand_accents(self):
        assert counted_words("a" + "\u0301\u0323" * 10_000) == 1


class TestOverlap:
    parent = "How do you give feedback to a colleague who was your peer last month"

    def test_is_whole_for_a_copy_in_other_clothes(self):
        assert (
            overlap(
                "**HOW** do you give — feedback, to a colleague: who was your peer last month?!", self.parent
            )
            == 1
        )

    def test_is_nothing_for_words_of_ones_own(self):
        assert overlap("I would first ask what they expect of me in the new role", self.parent) == 0

    def test_is_the_share_of_sequences_of_five_words(self):
        assert overlap("one two three four five six", "one two three four five") == Fraction(1, 2)

    def test_takes_shorter_sequences_for_a_shorter_text(self):
        assert overlap("your peer", self.parent) == 1
        assert overlap("peer your", self.parent) == 0

    def test_does_not_hold_a_quotation_against_the_writer(self):
        assert overlap(f"> {self.parent}\n\nI would ask them first what they expect", self.parent) == 0

    def test_is_not_thinned_by_repeating_a_word(self):
        padded = overlap(f"{self.parent} {'yes ' * 200}", self.parent)
        assert padded >= Fraction(1, 2)

    def test_sees_through_invisible_characters_and_accents(self):
        disguised = self.parent.replace("e", "e\u200b").replace("a", "á")
        assert overlap(disguised, self.parent) == 1

    def test_is_zero_when_there_is_nothing(self):
        assert (overlap("", "a"), overlap("a", ""), overlap("", ""), overlap("> a", "a")) == (0, 0, 0, 0)

    @quick
    @given(plain_words, plain_words)
    def test_is_a_share(self, one, other):
        assert 0 <= overlap(" ".join(one), " ".join(other)) <= 1

    @quick
    @given(plain_words.filter(bool), plain_words, plain_words)
    def test_is_whole_for_what_stands_inside_the_other(self, words, before, after):
        assert overlap(" ".join(words), " ".join([*before, *words, *after])) == 1

    @quick
    @given(markup, markup)
    def test_takes_any_text(self, one, other):
        assert isinstance(overlap(one, other), Fraction)


class TestTheLargestOverlap:
    @quick
    @given(plain_words, st.lists(plain_words, max_size=4))
    def test_is_that_with_the_nearest_text(self, text, others):
        text, others = " ".join(text), [" ".join(other) for other in others]
        assert largest_overlap(text, others) == max((overlap(text, other) for other in others), default=0)
