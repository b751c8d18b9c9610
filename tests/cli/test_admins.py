"""`lti-tool admins`: links for those who may enter the console, listed, and let in no more."""

import sqlite3
from pathlib import Path

import pytest

RUTH = "Ruth@Campus.example"


@pytest.fixture
def installed(run, upgraded):
    """A server with its schema."""
    return run


def rows(environment, statement: str) -> list[tuple]:
    with sqlite3.connect(Path(environment["LTI_TOOL_VAR_DIR"]) / "community-value.sqlite") as connection:
        return connection.execute(statement).fetchall()


class TestLettingIn:
    def test_prints_a_link_and_nothing_else_where_programs_read(self, installed, environment):
        answer = installed("admins", "add", RUTH, "--organisation", "Campus")

        assert answer.returncode == 0
        (link,) = answer.stdout.split()
        assert "/o/" in link
        kept = rows(environment, "SELECT token_hash FROM sign_in_link")
        assert len(kept) == 1
        assert link.rpartition("/")[2] not in str(kept)

    def test_a_second_link_makes_no_second_account_and_gives_no_further_right(self, installed, environment):
        installed("admins", "add", RUTH, "--organisation", "Campus")
        installed("admins", "add", "karim@school.example", "--organisation", "School")
        installed("admins", "add", RUTH.lower())

        listed = installed("admins", "list").stdout.splitlines()
        assert [line.split("  ")[:2] for line in listed] == [
            ["karim@school.example", "School"],
            ["ruth@campus.example", "Campus"],
        ]
        assert rows(environment, "SELECT count(*) FROM organisation") == [(2,)]

    def test_an_operator_sees_everything_and_no_organisation_is_made(self, installed, environment):
        installed("admins", "add", RUTH, "--operator")
        assert "operator" in installed("admins", "list").stdout
        assert rows(environment, "SELECT count(*) FROM organisation") == [(0,)]

    @pytest.mark.parametrize("words", [("ruth",), (RUTH, "--operator", "--organisation", "Campus")])
    def test_refuses_what_makes_no_sense(self, installed, environment, words):
        assert installed("admins", "add", *words).returncode != 0
        assert rows(environment, "SELECT count(*) FROM administrator") == [(0,)]

    def test_asks_which_organisation_where_there_are_several(self, installed, environment):
        installed("admins", "add", RUTH, "--organisation", "Campus")
        installed("admins", "add", "karim@school.example", "--organisation", "School")
        answer = installed("admins", "add", "new@school.example")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert "--organisation" in answer.stderr
        assert rows(environment, "SELECT count(*) FROM administrator") == [(2,)]
        assert rows(environment, "SELECT count(*) FROM organisation") == [(2,)]


class TestTakingAnOrganisationAway:
    def test_leaves_the_others_and_is_audited(self, installed, environment):
        for organisation in ("Campus", "School"):
            installed("admins", "add", RUTH, "--organisation", organisation)
        answer = installed("admins", "withdraw", RUTH, "--organisation", "Campus")
        assert answer.returncode == 0, answer.stderr
        assert "School" in installed("admins", "list").stdout
        assert "Campus" not in installed("admins", "list").stdout
        acts = rows(environment, "SELECT act FROM audit_entry ORDER BY id")
        assert acts[-1] == ("administrator.organisation-withdrawn",)

    @pytest.mark.parametrize("email, organisation", [("nobody@campus.example", "Campus"), (RUTH, "School")])
    def test_says_when_there_is_nothing_to_take_away(self, installed, email, organisation):
        installed("admins", "add", RUTH, "--organisation", "Campus")
        answer = installed("admins", "withdraw", email, "--organisation", organisation)
        assert answer.returncode == 1
        assert "does not look after" in answer.stderr or "no administrator" in answer.stderr


class TestLettingInNoMore:
    def test_ends_links_and_is_audited(self, installed, environment):
        installed("admins", "add", RUTH, "--operator")
        assert installed("admins", "disable", RUTH).returncode == 0
        assert "disabled" in installed("admins", "list").stdout
        assert rows(environment, "SELECT count(*) FROM sign_in_link WHERE used_at IS NULL") == [(0,)]
        acts = rows(environment, "SELECT act FROM audit_entry ORDER BY id")
        assert acts == [("administrator.added",), ("administrator.disabled",)]

    @pytest.mark.parametrize("command", ["disable", "reset"])
    def test_says_that_there_is_no_such_administrator(self, installed, command):
        answer = installed("admins", command, "nobody@campus.example")
        assert answer.returncode == 1
        assert "nobody@campus.example" in answer.stderr
