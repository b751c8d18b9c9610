"""What counts as ours, and which time stamp may go."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from lti_tool.services.comparison import (
    Mark,
    earliest_sending,
    is_ours,
    is_out_of_reach,
    is_same,
    is_still,
    stamp,
)

NOON = datetime(2026, 11, 23, 12, 0, 0, 400_000, UTC)
WHOLE_NOON = NOON.replace(microsecond=0)
SECOND = timedelta(seconds=1)


def mark(value: str, maximum: str = "20") -> Mark:
    return Mark(Decimal(value), Decimal(maximum))


class TestComparingTwoMarks:
    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            (mark("12.5"), mark("12.5"), True),
            (mark("12.5"), mark("12.505"), True),  # exactly half a hundredth
            (mark("12.5"), mark("12.50501"), False),
            (mark("12.5"), mark("12.495"), True),
            (mark("12.5"), mark("12.49499"), False),
            (mark("0"), mark("0.005"), True),
            (mark("0"), mark("0.00501"), False),
            (mark("12.5", "20"), mark("62.5", "100"), True),
            (mark("12.5", "20"), mark("62.525", "100"), True),  # 0.005 of the smaller maximum
            (mark("12.5", "20"), mark("62.53", "100"), False),
            (mark("6.67", "20"), mark("33.35", "100"), True),
            (mark("1", "3"), mark("0.33333", "1"), True),
        ],
    )
    def test_they_are_the_same_within_half_of_what_we_round_to(self, one, other, same):
        assert is_same(one, other) is same
        assert is_same(other, one) is same


class TestWhatIsOurs:
    @pytest.mark.parametrize(
        ("theirs", "confirmed", "attempted", "ours"),
        [
            (None, None, None, True),  # nothing there, nothing sent
            (None, None, mark("8"), True),  # an attempt that never arrived
            (None, mark("8"), None, False),  # taken away after we were told yes
            (None, mark("8"), mark("9"), False),
            (mark("8"), mark("8"), None, True),
            (mark("9"), mark("8"), mark("9"), True),  # the answer was lost
            (mark("8"), mark("8"), mark("9"), True),  # the attempt was lost
            (mark("7"), mark("8"), mark("9"), False),
            (mark("7"), None, None, False),  # typed before we ever sent one
            (mark("0"), None, None, False),
            (mark("10"), mark("8"), mark("9"), True),  # what we are about to send
        ],
    )
    def test_it_is_what_we_were_told_yes_to_or_tried_or_want(self, theirs, confirmed, attempted, ours):
        assert is_ours(theirs, confirmed, (attempted, mark("10"))) is ours

    @pytest.mark.parametrize(
        ("theirs", "seen", "still"),
        [
            (mark("7"), mark("7"), True),
            (mark("7.01"), mark("7"), False),
            (None, None, True),
            (None, mark("7"), False),
            (mark("7"), None, False),
        ],
    )
    def test_a_decision_covers_exactly_what_was_seen(self, theirs, seen, still):
        assert is_still(theirs, seen) is still


class TestStampingAScore:
    @pytest.mark.parametrize(
        ("offset", "last", "expected"),
        [
            (0, None, WHOLE_NOON),
            (0, WHOLE_NOON - SECOND, WHOLE_NOON),
            (0, WHOLE_NOON, WHOLE_NOON + SECOND),
            (0, WHOLE_NOON + SECOND, WHOLE_NOON + 2 * SECOND),
            (0, WHOLE_NOON + 2 * SECOND, None),  # three ahead is too far
            (-30, None, WHOLE_NOON - 30 * SECOND),
            (3600, None, WHOLE_NOON + 3600 * SECOND),
            (-30, WHOLE_NOON, None),
            (0.7, None, WHOLE_NOON + SECOND),  # their clock is in the next second already
        ],
    )
    def test_it_is_theirs_and_later_than_the_last(self, offset, last, expected):
        assert stamp(NOON, offset, last) == expected

    @pytest.mark.parametrize("offset", [0, -30.5, 12.25])
    @pytest.mark.parametrize("ahead", [3, 60, 3600])
    def test_waiting_until_it_may_go_is_enough_and_not_too_long(self, offset, ahead):
        last = WHOLE_NOON + ahead * SECOND + timedelta(seconds=offset)
        moment = earliest_sending(offset, last)
        assert stamp(moment, offset, last) is not None
        assert stamp(moment - timedelta(milliseconds=1), offset, last) is None


class TestAStampOfAClockThatWasWrong:
    @pytest.mark.parametrize(
        ("last", "beyond"),
        [
            (None, False),
            (NOON, False),
            (NOON + timedelta(days=1), False),
            (NOON + timedelta(days=1) + SECOND, True),
            (datetime.max.replace(tzinfo=UTC), True),
        ],
    )
    def test_it_is_out_of_reach_after_a_day(self, last, beyond):
        assert is_out_of_reach(NOON, 0.0, last) is beyond

    def test_it_is_measured_by_the_clock_of_the_lms(self):
        last = NOON + timedelta(days=1, hours=1)
        assert is_out_of_reach(NOON, 3600.0, last) is False
        assert is_out_of_reach(NOON, 3599.0, last) is True
