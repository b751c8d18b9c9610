"""A nonce is used once, whoever races for it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from lti_tool.errors import LaunchRefused
from lti_tool.extensions import db
from lti_tool.lti import launches
from lti_tool.lti.launches import LaunchState
from lti_tool.models import UsedNonce
from lti_tool.transactions import transaction
from tests.unit.lti.simulator import TOOL

RACERS = 40


@pytest.fixture
def state(app, now):
    return LaunchState(1, "nonce", f"{TOOL}/lti/launch", now)


class TestUsingUpANonce:
    def test_is_won_by_exactly_one_of_many(self, app, state, now):
        start = Barrier(RACERS)

        def launch(_):
            with app.app_context():
                start.wait()
                try:
                    with transaction():
                        launches.use_up(state, now)
                    return "won"
                except LaunchRefused as refusal:
                    return refusal.code
                finally:
                    db.session.remove()

        with ThreadPoolExecutor(RACERS) as pool:
            outcomes = sorted(pool.map(launch, range(RACERS)))

        assert outcomes == ["launch-replayed"] * (RACERS - 1) + ["won"]

    def test_is_forgotten_only_when_its_state_is_too_old(self, state, now):
        with transaction():
            launches.use_up(state, now)

        for minutes, left in ((10, 1), (12, 0)):
            with transaction():
                launches.forget_used(now + timedelta(minutes=minutes))
            assert db.session.scalar(select(func.count()).select_from(UsedNonce)) == left
