"""The trainer's rubric: what levels make together."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grading.rubric import HIGHEST_LEVEL, RUBRIC, Criterion, LevelsInvalid, Rubric

RUBRICS = st.lists(st.integers(1, 20), min_size=1, max_size=6).map(
    lambda weights: Rubric(tuple(Criterion(f"c{at}", weight) for at, weight in enumerate(weights)))
)


def levels_of(rubric: Rubric):
    level = st.integers(0, HIGHEST_LEVEL)
    return st.fixed_dictionaries({criterion.key: level for criterion in rubric.criteria})


JUDGED = RUBRICS.flatmap(lambda rubric: st.tuples(st.just(rubric), levels_of(rubric)))


class TestTheShare:
    def test_weighs_each_criterion(self):
        rubric = Rubric((Criterion("a", 3), Criterion("b", 1)))
        assert rubric.share({"a": 4, "b": 0}) == Fraction(3, 4)
        assert rubric.share({"a": 1, "b": 2}) == Fraction(5, 16)

    @given(JUDGED)
    def test_lies_between_nothing_and_all(self, judged):
        rubric, levels = judged
        share = rubric.share(levels)
        assert isinstance(share, Fraction)
        assert 0 <= share <= 1

    @given(JUDGED)
    def test_is_the_mean_level_weighed(self, judged):
        rubric, levels = judged
        total = sum(one.weight for one in rubric.criteria)
        expected = sum(Fraction(one.weight * levels[one.key], 4) for one in rubric.criteria) / total
        assert rubric.share(levels) == expected

    @given(JUDGED, st.data())
    def test_rises_with_every_level(self, judged, data):
        rubric, levels = judged
        key = data.draw(st.sampled_from(sorted(levels)))
        if levels[key] < HIGHEST_LEVEL:
            assert rubric.share(levels | {key: levels[key] + 1}) > rubric.share(levels)

    @given(RUBRICS)
    def test_is_all_at_the_highest_level_and_nothing_at_the_lowest(self, rubric):
        for level, share in ((HIGHEST_LEVEL, 1), (0, 0)):
            assert rubric.share({one.key: level for one in rubric.criteria}) == share


class TestLevels:
    @pytest.mark.parametrize("wrong", [-1, 5, True, None, "2", Fraction(1, 2)])
    def test_are_whole_numbers_up_to_four(self, wrong):
        levels = dict.fromkeys((one.key for one in RUBRIC.criteria), 2)
        with pytest.raises(LevelsInvalid):
            RUBRIC.share(levels | {"care": wrong})

    def test_are_given_for_each_criterion_and_for_nothing_else(self):
        levels = dict.fromkeys((one.key for one in RUBRIC.criteria), 2)
        for wrong in ({}, levels | {"style": 2}, {key: 2 for key in levels if key != "care"}):
            with pytest.raises(LevelsInvalid):
                RUBRIC.share(wrong)
