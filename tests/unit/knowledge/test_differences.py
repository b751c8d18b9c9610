"""Two wordings compared: nothing invented, nothing lost, and never slow."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.knowledge.differences import AROUND, Change, Passage, differences, shortened

PIECES = ["one", "two ", "three\n", " ", "\n\n", "été, ", "\N{WOMAN}\u200d\N{GIRL} "]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [(passage.change.value, passage.text) for passage in differences(before, after)]


class TestDifferences:
    def test_are_by_words(self):
        assert told("I called him once.", "I called him twice, then once.") == [
            ("kept", "I called him "),
            ("added", "twice, then "),
            ("kept", "once."),
        ]

    def test_tell_what_was_replaced_before_what_replaced_it(self):
        assert told("a red door", "a blue door") == [
            ("kept", "a "),
            ("removed", "red "),
            ("added", "blue "),
            ("kept", "door"),
        ]

    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            ("", "", []),
            ("", "new", [("added", "new")]),
            ("old", "", [("removed", "old")]),
            ("same", "same", [("kept", "same")]),
        ],
    )
    def test_of_nothing(self, before, after, expected):
        assert told(before, after) == expected

    @given(TEXTS, TEXTS)
    def test_lead_from_one_text_to_the_other(self, before, after):
        found = differences(before, after)
        assert "".join(one.text for one in found if one.change is not Change.ADDED) == before
        assert "".join(one.text for one in found if one.change is not Change.REMOVED) == after
        assert all(one.text for one in found)

    @pytest.mark.parametrize("words", ["a", "a b", "".join(map(str, range(10)))])
    def test_of_the_longest_texts_take_no_time(self, words):
        chance = random.Random(words)
        alphabet = words.split() or list(words)
        one, other = (
            " ".join(chance.choice(alphabet) * chance.randint(1, 3) for _ in range(7000)) for _ in range(2)
        )
        began = time.process_time()
        differences(one, other)
        assert time.process_time() - began < 2


class TestShortening:
    def test_leaves_out_what_stayed_far_from_any_change(self):
        long = "".join(f"word{number} " for number in range(100))
        found = shortened(differences(long + "end", long + "other end"))
        assert [one.change for one in found] == [Change.LEFT_OUT, Change.KEPT, Change.ADDED, Change.KEPT]
        assert len(found[1].text.split()) == AROUND

    def test_keeps_what_is_short(self):
        passages = [Passage(Change.KEPT, "a few words "), Passage(Change.ADDED, "more")]
        assert shortened(passages) == passages
