"""What other rules do to the scores of a group."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grading.effects import LARGEST, Move, effect_of, spread_of

TWENTY = Decimal(20)
scores = st.decimals(min_value=0, max_value=20, places=2)


def of(*points: str) -> dict[int, Decimal]:
    return {number: Decimal(text) for number, text in enumerate(points, 1)}


class TestAnEffect:
    def test_tells_who_moves_and_how_far(self):
        effect = effect_of(of("5", "10", "20", "0"), of("6.1", "9.6", "20", "0"), TWENTY)
        assert effect.learners == 4
        assert effect.moves == (
            Move(1, Decimal(5), Decimal("6.1")),
            Move(2, Decimal(10), Decimal("9.6")),
        )
        assert (effect.lowest, effect.highest) == (Decimal("-0.4"), Decimal("1.1"))

    def test_on_nobody_is_none(self):
        effect = effect_of({}, {}, TWENTY)
        assert (effect.learners, effect.moves, effect.lowest, effect.highest) == (0, (), 0, 0)
        assert sum(effect.before) == 0

    def test_that_lifts_all_alike_goes_from_and_to_the_same(self):
        effect = effect_of(of("1", "2"), of("3", "4"), TWENTY)
        assert effect.lowest == effect.highest == 2

    def test_is_recorded_without_names_and_with_the_largest_moves_only(self):
        before = {number: Decimal(0) for number in range(30)}
        after = {number: Decimal(number) / 10 for number in range(30)}
        record = effect_of(before, after, TWENTY).as_record()
        assert (record["learners"], record["moved"], record["lost"]) == (30, 29, 0)
        assert len(record["moves"]) == LARGEST
        assert record["moves"][0] == {"member": 29, "before": "0", "after": "2.9"}

    def test_tells_apart_who_gains_or_loses_a_score(self):
        effect = effect_of(
            {1: None, 2: Decimal(4), 3: Decimal(1), 4: None},
            {1: Decimal(3), 2: None, 3: Decimal(2), 4: None},
            TWENTY,
        )
        assert (effect.moved, effect.gained, effect.lost) == (3, 1, 1)
        assert effect.lowest == effect.highest == 1
        assert [move.member for move in effect.moves] == [3, 1, 2]
        assert (sum(effect.before), sum(effect.after)) == (2, 2)
        assert effect.as_record()["moves"][2] == {"member": 2, "before": "4", "after": None}

    @given(st.lists(st.tuples(scores, scores)))
    def test_turns_round_when_the_rules_are_exchanged(self, pairs):
        before = {number: pair[0] for number, pair in enumerate(pairs)}
        after = {number: pair[1] for number, pair in enumerate(pairs)}
        there, back = effect_of(before, after, TWENTY), effect_of(after, before, TWENTY)
        assert (there.lowest, there.highest) == (-back.highest, -back.lowest)
        assert (there.before, there.after) == (back.after, back.before)
        assert len(there.moves) == len(back.moves) <= there.learners == sum(there.before)


class TestASpread:
    def test_counts_per_tenth_of_the_maximum(self):
        found = [Decimal(text) for text in ("0", "1.99", "2", "19.99", "20")]
        assert spread_of(found, TWENTY) == (2, 1, 0, 0, 0, 0, 0, 0, 0, 2)

    def test_of_a_maximum_that_no_tenth_is_even_of(self):
        assert spread_of([Decimal("0.33")], Decimal("0.33")) == (0,) * 9 + (1,)
