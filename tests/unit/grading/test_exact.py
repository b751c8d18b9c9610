from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.grading.exact import exact, round_half_up, short_text

fractions = st.fractions(min_value=0, max_value=10**6)


class TestRounding:
    def test_takes_the_half_up_where_a_float_would_lose_it(self):
        assert round_half_up(Fraction(77, 160) * 20) == Decimal("9.63")

    @pytest.mark.parametrize(
        ("value", "rounded"),
        [
            ("0", "0.00"),
            ("0.004", "0.00"),
            ("0.005", "0.01"),
            ("1/3", "0.33"),
            ("2/3", "0.67"),
            ("20", "20.00"),
        ],
    )
    def test_gives_two_decimals(self, value, rounded):
        assert str(round_half_up(Fraction(value))) == rounded

    @given(fractions)
    def test_is_never_further_than_half_a_cent_and_the_half_goes_up(self, value):
        distance = Fraction(round_half_up(value)) - value
        assert Fraction(-1, 200) < distance <= Fraction(1, 200)

    @given(fractions, fractions)
    def test_keeps_the_order(self, one, other):
        low, high = sorted((one, other))
        assert round_half_up(low) <= round_half_up(high)


class TestReadingAnExactNumber:
    @given(st.fractions())
    def test_reads_back_what_it_was_written_as(self, value):
        assert exact(str(value)) == value

    @pytest.mark.parametrize("value", [Decimal("1.25"), "1.25", "5/4", Fraction(5, 4)])
    def test_takes_decimals_and_fractions(self, value):
        assert exact(value) == Fraction(5, 4)

    @pytest.mark.parametrize(
        "value",
        [
            0.5,
            True,
            None,
            "",
            "1e9",
            "1e999999999",
            "1/0",
            "1/00",
            "nan",
            "inf",
            " 1",
            "1_0",
            "٣",
            Decimal("NaN"),
        ],
    )
    def test_refuses_what_is_not_exact(self, value):
        with pytest.raises(ValueError, match="not a"):
            exact(value)


class TestAShortText:
    @pytest.mark.parametrize(
        ("value", "text"), [("0", "0"), ("50", "50"), ("12.5", "12.5"), ("1/3", "0.33"), ("100", "100")]
    )
    def test_has_no_idle_zeros(self, value, text):
        assert short_text(Fraction(value)) == text
