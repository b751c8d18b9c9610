"""How many calls one host answers at once: never more than the limit, and no place is lost for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from lti_tool.errors import PlatformUnavailable
from lti_tool.extensions import db
from lti_tool.lti import host_slots, names
from lti_tool.lti.host_slots import HostPlace, held
from lti_tool.lti.scores import GradebookConnection
from lti_tool.models import HostSlot
from lti_tool.transactions import reading, transaction
from tests.support.statements import counted
from tests.unit.lti.simulator import LocalServer, Reply, json_reply

LMS = "https://lms.example/2/lineitems"
SOON = 0.3


@pytest.fixture
def place(app, clock):
    """Makes places; they wait a moment only."""

    def make(limit=2, lane=host_slots.SERVICES, patience=SOON):
        return HostPlace(lane, limit, clock, transaction, patience)

    return make


def refused(place, url=LMS):
    with pytest.raises(PlatformUnavailable) as problem:
        place.hold(url)
    assert problem.value.code == "host-busy"
    return problem.value.facts["retry_after"]


class TestHoldingAPlace:
    def test_as_many_as_the_limit_and_no_more(self, place):
        for _ in range(2):
            place().hold(LMS)

        assert refused(place()) > 0

    def test_another_host_port_or_lane_has_places_of_its_own(self, place):
        place(1).hold(LMS)

        place(1).hold("https://other.example/")
        place(1).hold("https://lms.example:8443/")
        place(1, lane=host_slots.INTERACTIVE).hold(LMS)

    def test_the_same_place_is_good_for_many_calls(self, place):
        held_one = place(1)
        for path in ("", "/4/lineitem", "/4/lineitem/scores"):
            held_one.hold(LMS + path)

    def test_going_to_another_host_gives_the_first_one_back(self, place):
        wanderer = place(1)
        wanderer.hold(LMS)
        wanderer.hold("https://other.example/")

        place(1).hold(LMS)

    def test_what_is_given_back_is_free(self, place):
        first = place(1)
        first.hold(LMS)
        first.release()

        place(1).hold(LMS)

    def test_somebody_who_waits_gets_it(self, app, clock, place):
        first = place(1)
        first.hold(LMS)

        def wait():
            with app.app_context():
                HostPlace(host_slots.SERVICES, 1, clock, transaction, patience=10).hold(LMS)
                db.session.remove()

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(wait)
            time.sleep(0.1)
            assert not waiting.done()
            first.release()
            waiting.result(timeout=10)

    def test_a_higher_limit_makes_more_places(self, place):
        place(1).hold(LMS)

        place(2).hold(LMS)

    def test_costs_two_statements_for_a_batch(self, place):
        place().hold(LMS)
        batch = place()

        with counted() as sent:
            for _ in range(50):
                batch.hold(LMS)
            batch.release()

        assert len([one for one in sent if "host_slot" in one]) == 2


class TestAHolderThatDies:
    def test_loses_its_place_when_the_lease_ends(self, place, clock):
        place(1).hold(LMS)
        assert refused(place(1))

        clock.tick(host_slots.LEASE.total_seconds())

        place(1).hold(LMS)

    def test_but_not_one_that_goes_on_calling(self, place, clock):
        busy = place(1)
        for _ in range(4):
            busy.hold(LMS)
            clock.tick(40)
            assert refused(place(1))

    def test_one_that_slept_looks_for_a_place_again(self, place, clock):
        sleeper = place(1)
        sleeper.hold(LMS)
        clock.tick(host_slots.LEASE.total_seconds())
        place(1).hold(LMS)

        assert refused(sleeper)


class TestAHostThatAsksForAPause:
    def test_is_left_alone_by_everybody(self, place, clock):
        asked = place(2)
        asked.hold(LMS)
        asked.pause(LMS, 600)
        asked.release()

        assert refused(place(2)) == pytest.approx(600)
        clock.tick(601)
        place(2).hold(LMS)

    def test_is_left_alone_by_one_that_is_at_work_too(self, place, clock):
        asked, at_work = place(2), place(2)
        for one in (asked, at_work):
            one.hold(LMS)
        asked.pause(LMS, 600)

        clock.tick(30)

        assert refused(at_work) == pytest.approx(570)

    def test_is_waited_for_when_it_is_short(self, app, place):
        asked = HostPlace(host_slots.SERVICES, 1, lambda: datetime.now(UTC), transaction)
        asked.hold(LMS)
        with transaction():
            db.session.query(HostSlot).update({"lease_until": datetime.now(UTC)})
        asked.pause(LMS, 0.5)

        started = time.monotonic()
        HostPlace(host_slots.SERVICES, 1, lambda: datetime.now(UTC), transaction, patience=10).hold(LMS)

        assert time.monotonic() - started >= 0.3

    def test_is_called_by_people_all_the_same(self, place):
        asked = place(1)
        asked.hold(LMS)
        asked.pause(LMS, 600)

        place(1, lane=host_slots.INTERACTIVE).hold(LMS)

    def test_is_believed_for_an_hour_only(self, place):
        asked = place(1)
        asked.hold(LMS)
        asked.pause(LMS, 86_400)

        assert refused(place(1)) == pytest.approx(3600)

    @pytest.mark.parametrize("status", [429, 503])
    def test_is_known_by_its_answer(self, gradebook, connection, place, clock, status):
        gradebook.replies = [Reply(status, b"", {"Retry-After": "120"})]
        with pytest.raises(PlatformUnavailable, match=f"http-{status}"):
            connection.results(gradebook.item_url)
        connection.close()

        assert refused(place(4), gradebook.item_url) == pytest.approx(120)

    def test_is_no_pause_without_a_time(self, gradebook, connection, place):
        gradebook.replies = [Reply(503)]
        with pytest.raises(PlatformUnavailable, match="http-503"):
            connection.results(gradebook.item_url)

        place(4).hold(gradebook.item_url)


class TestCallingFromAPlace:
    def test_gives_it_back_whatever_happens(self, app, clock):
        with (
            pytest.raises(ZeroDivisionError),
            held(LMS, host_slots.INTERACTIVE, 1, clock, transaction),
        ):
            raise ZeroDivisionError

        with held(LMS, host_slots.INTERACTIVE, 1, clock, transaction, patience=SOON):
            assert leases() == 1
        assert leases() == 0

    def test_a_connection_takes_one_when_it_first_calls(self, gradebook, connection):
        gradebook.replies = [Reply(200, b"[]")]
        assert leases() == 0

        connection.results(gradebook.item_url)
        assert leases() == 1

        connection.close()
        assert leases() == 0


class TestATokenFromAnotherHost:
    """Brightspace gives tokens to all its customers' tools at one address: it counts as a host of its own."""

    @pytest.fixture
    def elsewhere(self, gradebook):
        """Where tokens are given."""
        with LocalServer(gradebook.answer).running() as server:
            yield f"{server.url}/token"

    @pytest.fixture
    def connection(self, access, clock, elsewhere):
        there = type(access)(**vars(access) | {"token_url": elsewhere})
        with GradebookConnection(there, names.AGS_SCOPES, clock, transaction) as opened:
            yield opened

    def test_is_asked_for_from_a_place_there(self, gradebook, connection, elsewhere, place):
        others = place(4)
        others.hold(elsewhere)
        others.pause(elsewhere, 600)
        with pytest.raises(PlatformUnavailable, match="host-busy"):
            connection.results(gradebook.item_url)

        assert gradebook.tokens == 0

    def test_leaves_that_place_before_the_service_is_called(self, gradebook, connection, elsewhere, place):
        gradebook.replies = [Reply(200, b"[]")]
        connection.results(gradebook.item_url)

        assert leases() == 1
        for _ in range(4):
            place(4).hold(elsewhere)

    def test_is_used_again_without_a_place_there(self, gradebook, connection, elsewhere, place):
        gradebook.replies = [Reply(200, b"[]")]
        connection.results(gradebook.item_url)
        others = place(4)
        others.hold(elsewhere)
        others.pause(elsewhere, 600)

        connection.results(gradebook.item_url)
        assert gradebook.tokens == 1

    def test_has_that_host_left_alone_when_it_asks_for_a_pause(self, gradebook, connection, elsewhere, place):
        gradebook.token_reply = Reply(429, b"", {"Retry-After": "120"})
        with pytest.raises(PlatformUnavailable, match="http-429"):
            connection.results(gradebook.item_url)
        connection.close()

        assert refused(place(4), elsewhere) == pytest.approx(120)
        place(4).hold(gradebook.item_url)


def leases():
    with reading():
        return len(db.session.scalars(select(HostSlot.id).where(HostSlot.lease.is_not(None))).all())


class Counting:
    """An LMS that counts how many calls it answers at once."""

    def __init__(self):
        self.now, self.most = 0, 0
        self._lock = threading.Lock()

    def __call__(self, received):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self._lock:
            self.now -= 1
        return json_reply({"access_token": "t", "expires_in": 3600} if "/token" in received.path else [])


class TestManyWorkersAtOnce:
    @pytest.mark.parametrize(("issuer", "limit"), [(None, 2), ("https://canvas.instructure.com", 1)])
    def test_never_call_one_host_more_often_than_the_limit(self, app, access, clock, issuer, limit):
        counting = Counting()
        app.extensions["settings"].outbound_per_host = 2
        with LocalServer(counting).running() as lms:
            changes = {"token_url": f"{lms.url}/token"} | ({"issuer": issuer} if issuer else {})
            there = type(access)(**vars(access) | changes)

            def work(_):
                with app.app_context():
                    for _ in range(2):
                        with GradebookConnection(there, names.AGS_SCOPES, clock, transaction) as connection:
                            for _ in range(3):
                                connection.results(f"{lms.url}/2/lineitems/4/lineitem")
                    db.session.remove()

            with ThreadPoolExecutor(6) as pool:
                list(pool.map(work, range(6)))

        assert counting.most == limit
