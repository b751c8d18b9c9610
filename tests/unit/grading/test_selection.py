"""The choice under both limits, against every possible choice."""

from collections import Counter
from datetime import date
from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from lti_tool.grading.facts import Kind
from lti_tool.grading.selection import Candidate, best_within_limits

KINDS = (Kind.QUESTION, Kind.ANSWER, Kind.EXPERIENCE)
values = st.sampled_from([Fraction(4), Fraction(8), Fraction(20, 7), Fraction(20), Fraction(1, 3)])
days = st.none() | st.sampled_from([date(2026, 9, 7), date(2026, 9, 8), date(2026, 9, 9)])


@st.composite
def candidate_lists(draw: st.DrawFn) -> list[Candidate]:
    drawn = draw(st.lists(st.tuples(st.sampled_from(KINDS), days, values), max_size=10))
    # A kind is either written on days or received without one, never both.
    return [Candidate(Kind.RECOGNITION if day is None else kind, day, value) for kind, day, value in drawn]


def _allowed(choice: tuple[Candidate, ...], per_kind: dict[Kind, int], per_day: int) -> bool:
    kinds = Counter(candidate.kind for candidate in choice)
    dated = Counter(candidate.day for candidate in choice if candidate.day)
    return all(n <= per_kind[kind] for kind, n in kinds.items()) and all(n <= per_day for n in dated.values())


def _by_trying_everything(
    candidates: list[Candidate], per_kind: dict[Kind, int], per_day: int
) -> frozenset[int]:
    numbers = range(len(candidates))
    choices = (choice for size in range(len(candidates) + 1) for choice in combinations(numbers, size))
    allowed = [c for c in choices if _allowed(tuple(candidates[i] for i in c), per_kind, per_day)]
    most = max(sum(candidates[i].value for i in choice) for choice in allowed)
    best = [choice for choice in allowed if sum(candidates[i].value for i in choice) == most]
    return frozenset(min(best, key=lambda choice: [i not in choice for i in numbers]))


class TestTheChoice:
    @settings(deadline=None, max_examples=100)
    @given(candidate_lists(), st.tuples(*[st.integers(0, 3)] * 4), st.integers(1, 2))
    def test_is_the_best_of_all_and_the_earliest_of_equals(self, candidates, room, per_day):
        per_kind = dict(zip((*KINDS, Kind.RECOGNITION), room, strict=True))
        chosen = best_within_limits(candidates, per_kind, per_day)
        assert chosen == _by_trying_everything(candidates, per_kind, per_day)

    def test_of_nothing_is_nothing(self):
        assert best_within_limits([], {}, 4) == frozenset()
