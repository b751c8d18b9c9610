"""When to try again."""

from datetime import UTC, datetime, timedelta

import pytest

from lti_tool.services.retries import LONGEST_WAIT, next_try, wait_after

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def middle(least: float, most: float) -> float:
    return (least + most) / 2


class TestWaiting:
    @pytest.mark.parametrize(
        ("tries", "seconds"), [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (500, 3600)]
    )
    def test_it_doubles_up_to_an_hour(self, tries, seconds):
        assert wait_after(tries, None, middle) == timedelta(seconds=seconds)

    def test_the_lms_may_ask_for_longer(self):
        assert wait_after(1, 7200, middle) == timedelta(hours=2)

    def test_the_lms_may_not_ask_for_less(self):
        assert wait_after(2, 1, middle) == timedelta(seconds=60)

    def test_workers_that_failed_together_come_back_apart(self):
        waits = {wait_after(4, None) for _ in range(20)}
        assert len(waits) > 1
        assert max(waits) <= LONGEST_WAIT * 1.2

    @pytest.mark.parametrize("strange", [None, "soon", object()])
    def test_what_is_no_number_is_no_wish(self, strange):
        assert timedelta(seconds=20) < next_try(NOW, 1, strange) - NOW < timedelta(seconds=40)
