"""`lti-tool people …`, and what upgrade, doctor and reencrypt make of the journal of erasures."""

import io
import json
import sqlite3
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

pytestmark = pytest.mark.slow_on_postgresql

PLATFORM = {
    "--name": "Campus",
    "--issuer": "https://lms.test",
    "--client-id": "abc",
    "--auth-url": "https://lms.test/auth",
    "--token-url": "https://lms.test/token",
    "--jwks-url": "https://lms.test/keys",
}
NOW = "2026-11-01 08:00:00.000000"


@pytest.fixture
def installed(run, environment, upgraded):
    """A server that knows one LMS and two people of it, Inès (1) and Karim (2)."""
    assert run("platforms", "add", *(word for pair in PLATFORM.items() for word in pair)).returncode == 0
    with sqlite3.connect(database_of(environment)) as connection:
        for sub, name in (("u-ines", "Inès Lefèvre"), ("u-karim", "Karim Benali")):
            connection.execute(
                "INSERT INTO user_account (platform_id, sub, name, email, created_at) VALUES (1, ?, ?, ?, ?)",
                (sub, name, f"{sub}@example.org", NOW),
            )
    return run


def database_of(environment) -> Path:
    return Path(environment["LTI_TOOL_VAR_DIR"]) / "community-value.sqlite"


def names(environment):
    with sqlite3.connect(database_of(environment)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM user_account ORDER BY id")]


def erasures(run) -> dict:
    """What the doctor finds; nobody answers at the public address."""
    report = json.loads(run("doctor", "--json", LTI_TOOL_BASE_URL="http://127.0.0.1:1").stdout)
    (finding,) = [one for one in report["findings"] if one["subject"] == "erasures"]
    return finding


class TestFinding:
    def test_prints_number_name_platform_and_courses(self, installed):
        answer = installed("people", "list", "--search", "ines")
        assert answer.returncode == 0
        said = "1 Inès Lefèvre <u-ines@example.org> Campus (platform 1, u-ines) no course"
        assert " ".join(answer.stdout.split()) == said

    def test_says_so_when_there_is_nobody(self, installed):
        assert "Nobody is called like that." in installed("people", "list", "--search", "zzz").stdout


class TestExporting:
    def test_prints_json_and_nothing_else(self, installed):
        answer = installed("people", "export", "1")
        assert json.loads(answer.stdout)["person"]["name"] == "Inès Lefèvre"

    def test_writes_a_file_that_nobody_else_may_read(self, installed, tmp_path):
        file = tmp_path / "ines.json"
        answer = installed("people", "export", "1", "--to", str(file))
        assert (answer.returncode, answer.stdout) == (0, "")
        assert json.loads(file.read_text(encoding="utf-8"))["person"]["sub"] == "u-ines"
        assert file.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize("command", ["export", "erase"])
    def test_of_nobody_says_how_to_find_people(self, installed, command):
        answer = installed("people", command, "9")
        assert answer.returncode == 1
        assert "There is no person 9" in answer.stderr and "people list" in answer.stderr


class TestErasing:
    def test_says_who_it_is_and_asks(self, installed, environment, monkeypatch):
        monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
        answer = installed("people", "erase", "1")
        assert answer.returncode == 1
        assert "Inès Lefèvre <u-ines@example.org>, Campus (platform 1, u-ines)" in answer.stdout
        assert names(environment) == ["Inès Lefèvre", "Karim Benali"]

    def test_is_done_and_said_once(self, installed, environment):
        answer = installed("people", "erase", "1", "--yes")
        assert (answer.returncode, "Person 1 is erased." in answer.stdout) == (0, True)
        assert names(environment) == [None, "Karim Benali"]
        again = installed("people", "erase", "1", "--yes")
        assert (again.returncode, "Nothing is to be done." in again.stdout) == (0, True)

    def test_changes_nothing_when_the_journal_cannot_be_written(self, installed, environment, tmp_path):
        (tmp_path / "file").write_text("in the way")
        answer = installed("people", "erase", "1", "--yes", LTI_TOOL_STORAGE_URL=str(tmp_path / "file"))
        assert answer.returncode == 1
        assert "cannot be written" in answer.stderr
        assert names(environment) == ["Inès Lefèvre", "Karim Benali"]


class TestAnOlderCopyOfTheDatabase:
    def test_is_found_by_the_doctor_and_mended_by_the_upgrade(self, installed, environment, tmp_path):
        assert erasures(installed)["level"] == "well"
        assert installed("db", "backup", str(tmp_path / "monday")).returncode == 0
        installed("people", "erase", "1", "--yes")
        assert erasures(installed)["level"] == "well"

        assert installed("db", "restore", "--yes", str(tmp_path / "monday")).returncode == 0
        assert names(environment) == ["Inès Lefèvre", "Karim Benali"]
        found = erasures(installed)
        assert (found["level"], "db upgrade" in found["remedy"]) == ("wrong", True)

        answer = installed("db", "upgrade")
        assert "Erased again, as the journal of erasures says: 1." in answer.stdout
        assert names(environment) == [None, "Karim Benali"]
        assert erasures(installed)["level"] == "well"
        assert "Erased again" not in installed("db", "upgrade").stdout


class TestAnotherKeyEncryptionKey:
    def test_opens_the_journal_after_it_was_encrypted_anew(self, installed, environment, tmp_path):
        installed("db", "backup", str(tmp_path / "monday"))
        installed("people", "erase", "1", "--yes")
        new = Fernet.generate_key().decode()
        both = f"{new},{environment['LTI_TOOL_KEY_ENCRYPTION_KEY']}"
        answer = installed("keys", "reencrypt", LTI_TOOL_KEY_ENCRYPTION_KEY=both)
        assert "2 keys are encrypted" in answer.stdout

        environment["LTI_TOOL_KEY_ENCRYPTION_KEY"] = new
        assert erasures(installed)["level"] == "well"
        installed("db", "restore", "--yes", str(tmp_path / "monday"))
        assert "Erased again" in installed("db", "upgrade").stdout
        assert names(environment) == [None, "Karim Benali"]

    def test_that_opens_nothing_is_said_by_the_upgrade(self, installed):
        installed("people", "erase", "1", "--yes")
        answer = installed("db", "upgrade", LTI_TOOL_KEY_ENCRYPTION_KEY=Fernet.generate_key().decode())
        assert answer.returncode == 1
        assert "journal of erasures" in answer.stderr


class TestHelp:
    @pytest.mark.parametrize("words", [(), ("list",), ("export",), ("erase",)])
    def test_every_command_says_what_it_does(self, run, words):
        answer = run("people", *words, "--help")
        assert answer.returncode == 0
        assert "Usage: " in answer.stdout
