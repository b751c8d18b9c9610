"""What machines are told: /healthz, /readyz, /metrics, and the id of a request."""

import re
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from lti_tool import clock
from lti_tool.blueprints import health
from lti_tool.blueprints import metrics as metrics_page
from lti_tool.extensions import db
from lti_tool.patience import MOST_AT_ONCE, Patience
from lti_tool.services import heartbeats, schema_version
from lti_tool.transactions import transaction
from tests.support.statements import counted
from tests.support.world import TOOL

INSIDE = "http://127.0.0.1:8000"


@pytest.fixture
def machine(tool):
    """Whoever asks the tool's process directly."""
    return tool.test_client()


@pytest.fixture
def beat(tool):
    """Let a worker give a sign of life, so long ago."""

    def give(ago=timedelta(), name="worker"):
        with tool.app_context(), transaction():
            heartbeats.beat(name, "1.0", clock.now() - ago, clock.now() - ago)

    return give


def ready(machine):
    """Ask /readyz; return status and answer."""
    answer = machine.get("/readyz", base_url=INSIDE)
    return answer.status_code, answer.get_json()


@contextmanager
def failing(tool, failure):
    """Let every statement fail, or hang, as `failure` does."""
    with tool.app_context():
        engine = db.engine

    def fail(*_args):
        failure()

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", fail)


def gone():
    raise OSError("the database is gone")


@contextmanager
def schema(tool, number):
    """Let the database have another schema meanwhile."""
    with tool.app_context(), transaction():
        db.session.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": number})
    try:
        yield
    finally:
        known = schema_version.known()
        with tool.app_context(), transaction():
            db.session.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": known})


class TestBeingAlive:
    def test_needs_no_database(self, tool, machine):
        with failing(tool, gone):
            answer = machine.get("/healthz", base_url=INSIDE)
        assert (answer.status_code, answer.get_json()["alive"]) == (200, True)

    def test_it_says_how_the_request_came_and_nothing_of_the_secret(self, tool, machine):
        said = machine.get("/healthz", base_url=TOOL).get_json()
        assert (said["scheme"], said["host"]) == ("https", "tool.test")
        assert re.fullmatch("[0-9a-f]{16}", said["installation"])


class TestBeingReady:
    def test_everything_is_there(self, machine, beat):
        beat()
        everything = {"database": True, "schema": True, "signing_key": True, "worker": True}
        assert ready(machine) == (200, {"ready": True, **everything})

    def test_no_worker_or_one_that_fell_silent_is_not_ready(self, machine, beat):
        assert ready(machine)[1]["worker"] is False
        beat(ago=timedelta(minutes=2))
        status, said = ready(machine)
        assert (status, said["worker"], said["database"]) == (503, False, True)

    def test_another_schema_is_not_ready(self, tool, machine, beat):
        beat()
        with schema(tool, "0001"):
            status, said = ready(machine)
        assert (status, said["database"], said["schema"]) == (503, True, False)

    def test_the_next_schema_is_while_an_upgrade_is_under_way(self, tool, machine, beat):
        beat()
        with schema(tool, f"{int(schema_version.known()) + 1:04}"):
            assert ready(machine)[0] == 200

    def test_a_database_that_is_gone_is_not_ready(self, tool, machine, beat):
        beat()
        with failing(tool, gone):
            status, said = ready(machine)
        assert (status, said["database"]) == (503, False)

    def test_a_database_that_hangs_is_answered_for_in_time(self, tool, machine, beat, monkeypatch):
        beat()
        monkeypatch.setattr(health, "_database", Patience(0.1))
        go_on = threading.Event()
        with failing(tool, lambda: go_on.wait(10)):
            answers = [ready(machine)[0] for _ in range(MOST_AT_ONCE + 2)]
            go_on.set()
        assert answers == [503] * (MOST_AT_ONCE + 2)

    def test_it_costs_a_constant_number_of_statements(self, tool, machine, beat):
        def cost():
            with tool.app_context(), counted() as sent:
                ready(machine)
            return len(sent)

        beat()
        with_one = cost()
        for number in range(20):
            beat(name=f"worker {number}")
        assert cost() == with_one <= 5


class TestHeartbeats:
    def test_a_worker_silent_for_a_day_is_forgotten(self, tool, beat):
        beat(ago=timedelta(hours=25), name="old")
        beat(name="new")
        with tool.app_context():
            assert heartbeats.versions(clock.now()) == ["1.0"]
            assert db.session.scalars(text("SELECT name FROM worker_heartbeat")).all() == ["new"]

    def test_a_second_beat_renews_the_first(self, tool, beat):
        beat(ago=timedelta(minutes=5))
        beat()
        with tool.app_context():
            seen = heartbeats.workers(clock.now())
        assert seen.alive == 1
        assert seen.oldest_beat < timedelta(seconds=30)


def numbers(machine, **headers):
    """Ask /metrics as Prometheus does; return the values by their whole name."""
    answer = machine.get("/metrics", base_url=INSIDE, headers=headers)
    assert answer.status_code == 200, answer.status_code
    lines = [line for line in answer.get_data(as_text=True).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


class TestMetrics:
    @pytest.mark.parametrize("header", metrics_page.FORWARDED)
    def test_through_a_proxy_there_is_no_such_page(self, machine, header):
        assert machine.get("/metrics", base_url=INSIDE, headers={header: "192.0.2.1"}).status_code == 404

    def test_at_the_public_address_there_is_no_such_page(self, machine):
        assert machine.get("/metrics", base_url=TOOL).status_code == 404

    def test_requests_are_counted_by_route_not_by_address(self, world):
        home = world.enter("ines")
        machine = world.app.test_client()
        name = 'lti_tool_requests_total{method="GET",route="/communities/<id:community_id>/",status="2xx"}'
        before = numbers(machine).get(name, 0)
        home.get("")
        assert numbers(machine)[name] == before + 1

    def test_launches_are_counted_by_how_they_ended(self, world):
        machine = world.app.test_client()
        admitted = 'lti_tool_launches_total{code="",outcome="admitted"}'
        refused = 'lti_tool_launches_total{code="state-missing",outcome="refused"}'
        before = numbers(machine)
        world.enter("ines")
        world.browser("ines").launch({"id_token": "x"})
        after = numbers(machine)
        assert after[admitted] == before.get(admitted, 0) + 1
        assert after[refused] == before.get(refused, 0) + 1

    def test_no_label_names_anybody(self, world):
        world.enter("ines").get("posts/1")
        seen = machine_text(world.app.test_client())
        issuer_host = world.lms.settings.issuer.partition("://")[2]
        for secret in ("Inès", "u-ines", "tool.test", issuer_host, "/communities/1"):
            assert secret not in seen

    def test_the_database_tells_what_waits_and_who_works(self, machine, beat):
        beat()
        said = numbers(machine)
        assert said["lti_tool_database_up"] == said["lti_tool_workers"] == said["lti_tool_schema_ok"] == 1
        assert said['lti_tool_score_deliveries{state="due"}'] == 0
        assert said['lti_tool_oldest_due_seconds{outbox="rosters"}'] == 0
        assert said['lti_tool_mails{state="due"}'] == said['lti_tool_oldest_due_seconds{outbox="mails"}'] == 0

    def test_without_the_database_the_rest_is_still_told(self, tool, machine):
        with failing(tool, gone):
            said = numbers(machine)
        assert said["lti_tool_database_up"] == 0
        assert "lti_tool_workers" not in said


def machine_text(machine):
    return machine.get("/metrics", base_url=INSIDE).get_data(as_text=True)


class TestTheIdOfARequest:
    def test_a_proxy_s_own_comes_back(self, machine):
        given = "0123456789abcdef0123456789ABCDEF"
        answer = machine.get("/healthz", headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] == given

    @pytest.mark.parametrize("given", ["", "ines@example.org", "abc", "a" * 200, "x" * 32, "{jndi:ldap}"])
    def test_anything_else_is_replaced(self, machine, given):
        answer = machine.get("/healthz", headers={"X-Request-ID": given})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])
