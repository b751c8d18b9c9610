"""Access tokens in the database: one for all workers, unreadable without our key, dropped when refused."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.lti import names
from lti_tool.lti.scores import GradebookConnection
from lti_tool.models import AccessTokenRow
from lti_tool.services import housekeeping
from lti_tool.transactions import reading, transaction
from tests.unit.lti.simulator import Reply


@pytest.fixture
def read(gradebook, access, clock):
    """Let a worker of its own read the column."""
    gradebook.replies = [Reply(200, b"[]")]

    def run(scopes=names.AGS_SCOPES):
        with GradebookConnection(access, scopes, clock, transaction) as connection:
            return connection.results(gradebook.item_url)

    return run


def rows():
    with reading():
        return [(row.token_encrypted, row.good_until) for row in db.session.scalars(select(AccessTokenRow))]


class TestSharingATokenBetweenWorkers:
    def test_asks_once_for_all_of_them(self, gradebook, read):
        for _ in range(3):
            read()

        assert gradebook.tokens == 1

    def test_asks_once_more_for_other_scopes(self, gradebook, read):
        read()
        read([names.RESULT_READ])
        read(list(reversed(names.AGS_SCOPES)))

        assert gradebook.tokens == 2

    def test_keeps_what_was_granted_with_it(self, gradebook, read):
        gradebook.token["scope"] = names.SCORE
        for _ in range(2):
            with pytest.raises(Exception, match="scope-missing"):
                read()

        assert gradebook.tokens == 1

    def test_renews_it_a_minute_before_its_end(self, gradebook, read, clock):
        read()
        clock.tick(3600 - 61)
        read()
        assert gradebook.tokens == 1

        clock.tick(1)
        read()

        assert gradebook.tokens == 2

    def test_keeps_it_unreadable(self, read):
        read()

        ((encrypted, _),) = rows()
        assert "token-1" not in encrypted

    def test_asks_again_when_the_encryption_key_was_changed(self, app, gradebook, access, clock):
        gradebook.replies = [Reply(200, b"[]")]
        for _ in range(2):
            with GradebookConnection(access, names.AGS_SCOPES, clock, transaction) as connection:
                connection.results(gradebook.item_url)
            app.extensions["settings"].key_encryption_keys = (Fernet.generate_key().decode(),)

        assert gradebook.tokens == 2
        assert len(rows()) == 1


class TestATokenThatIsRefused:
    def test_is_dropped_for_everybody_and_asked_for_once_more(self, gradebook, read):
        read()
        gradebook.replies = [Reply(401), Reply(200, b"[]")]

        read()

        used = [call.headers["Authorization"] for call in gradebook.calls]
        assert used == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]

    def test_leaves_a_newer_one_of_another_worker_and_uses_it(self, gradebook, access, clock):
        gradebook.replies = [Reply(200, b"[]")]
        with (
            GradebookConnection(access, names.AGS_SCOPES, clock, transaction) as slow,
            GradebookConnection(access, names.AGS_SCOPES, clock, transaction) as quick,
        ):
            for connection in (slow, quick):
                connection.results(gradebook.item_url)
            for connection in (quick, slow):
                gradebook.replies = [Reply(401), Reply(200, b"[]")]
                connection.results(gradebook.item_url)

        assert gradebook.tokens == 2
        assert gradebook.calls[-1].headers["Authorization"] == "Bearer token-2"

    def test_is_not_asked_for_a_third_time_in_one_call(self, gradebook, read):
        gradebook.replies = [Reply(401)]

        with pytest.raises(Exception, match="token-refused"):
            read()

        # `read` answers 200 first of all; here it never does.
        assert gradebook.tokens == 2


class TestSweeping:
    def test_forgets_tokens_whose_time_is_over(self, read, clock, now):
        read()
        with transaction():
            housekeeping.sweep(now + timedelta(minutes=58))
        assert len(rows()) == 1

        with transaction():
            housekeeping.sweep(now + timedelta(hours=1))

        assert rows() == []
