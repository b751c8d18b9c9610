"""Connections to PostgreSQL that lay idle: a dead one is replaced unseen, a living one is seldom asked."""

import psycopg
import pytest
from sqlalchemy import text

from lti_tool import transactions
from lti_tool.extensions import db
from lti_tool.transactions import reading

pytestmark = pytest.mark.postgresql


@pytest.fixture(autouse=True)
def in_the_application(app):
    """What earlier tests left in the pool is gone: one connection comes back again and again."""
    with app.app_context():
        db.engine.dispose()
        yield


@pytest.fixture
def asked(monkeypatch):
    """The connections that were asked whether they live."""
    dialect, seen = db.engine.dialect, []
    ping = dialect.do_ping
    monkeypatch.setattr(dialect, "do_ping", lambda connection: (seen.append(connection), ping(connection)))
    return seen


def server_process() -> int:
    """Use the connection that lies in the pool; return the process that answers at its other end."""
    with reading():
        return db.session.scalar(text("SELECT pg_backend_pid()"))


def end(process: int) -> None:
    """Let the server end a connection, and wait until it has."""
    address = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (process,))


def test_one_that_was_just_used_is_not_asked(asked):
    assert server_process() == server_process()
    assert asked == []


def test_one_that_the_server_ended_is_replaced(asked):
    first = server_process()
    end(first)
    assert server_process() != first
    assert len(asked) == 1


def test_one_that_lay_idle_for_long_is_asked_first(asked, monkeypatch):
    first = server_process()
    monkeypatch.setattr(transactions, "TRUSTED_SECONDS", 0)
    assert server_process() == first
    assert len(asked) == 1
