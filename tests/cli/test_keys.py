"""`lti-tool keys`: rotated, listed, encrypted anew, each with words and an entry in the audit log."""

import sqlite3
from pathlib import Path

import pytest
from cryptography.fernet import Fernet


@pytest.fixture
def installed(run, upgraded):
    """A server with its schema and its first key."""
    return run


def audited(environment):
    """The acts in the audit log, in their order."""
    database = Path(environment["LTI_TOOL_VAR_DIR"]) / "community-value.sqlite"
    with sqlite3.connect(database) as connection:
        return [act for (act,) in connection.execute("SELECT act FROM audit_entry ORDER BY id")]


def states(answer):
    return [line.split()[1] for line in answer.stdout.splitlines()]


class TestRotating:
    def test_says_which_key_signs_and_until_when_the_old_one_is_published(self, installed, environment):
        answer = installed("keys", "rotate", "--grace-days=3")

        listed = installed("keys", "list")
        assert answer.returncode == 0
        assert states(listed) == ["published", "signing"]
        assert listed.stdout.splitlines()[1].split()[0] in answer.stdout
        assert "to be withdrawn" in listed.stdout.splitlines()[0]
        assert audited(environment) == ["keys.rotated"]

    def test_without_grace_says_that_the_old_one_is_withdrawn(self, installed):
        answer = installed("keys", "rotate", "--grace-days=0")
        assert "is withdrawn" in answer.stdout
        assert states(installed("keys", "list")) == ["withdrawn", "signing"]

    def test_takes_a_number_of_days_only(self, installed):
        assert installed("keys", "rotate", "--grace-days=-1").returncode == 2


class TestEncryptingAnew:
    def test_lets_the_old_encryption_key_go(self, installed, environment):
        assert states(installed("keys", "list")) == ["signing"]
        new = Fernet.generate_key().decode()
        both = f"{new},{environment['LTI_TOOL_KEY_ENCRYPTION_KEY']}"

        answer = installed("keys", "reencrypt", LTI_TOOL_KEY_ENCRYPTION_KEY=both)

        assert answer.returncode == 0
        assert installed("keys", "reencrypt", LTI_TOOL_KEY_ENCRYPTION_KEY=new).returncode == 0
        assert audited(environment) == ["keys.encrypted-anew"] * 2

    def test_refuses_in_words_when_the_old_one_is_missing(self, installed, environment):
        assert installed("keys", "list").returncode == 0

        other = Fernet.generate_key().decode()
        answer = installed("keys", "reencrypt", LTI_TOOL_KEY_ENCRYPTION_KEY=other)

        assert answer.returncode == 1
        assert "behind the new one and a comma" in answer.stderr
        assert audited(environment) == []


class TestHelp:
    @pytest.mark.parametrize("words", [(), ("rotate",), ("list",), ("reencrypt",)])
    def test_every_command_says_what_it_does(self, run, words):
        answer = run("keys", *words, "--help")
        assert answer.returncode == 0
        assert "Usage: " in answer.stdout
