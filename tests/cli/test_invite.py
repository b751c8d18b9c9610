"""`lti-tool platforms invite`: an address that is shown once."""

import hashlib
import re
import sqlite3
from pathlib import Path

import pytest

ADDRESS = re.compile(r"https://community\.example\.org/lti/register/([\w-]{43})")


@pytest.fixture
def rows(environment):
    """Return rows of the database, without the tool."""

    def look(statement: str) -> list[tuple]:
        file = Path(environment["LTI_TOOL_VAR_DIR"]) / "community-value.sqlite"
        with sqlite3.connect(file) as connection:
            return connection.execute(statement).fetchall()

    return look


@pytest.mark.sqlite
@pytest.mark.usefixtures("upgraded")
class TestInviting:
    def test_prints_the_address_alone_and_explains_it_beside(self, run):
        invited = run("platforms", "invite", "--name", "Our Moodle")
        assert invited.returncode == 0, invited.stderr
        assert ADDRESS.fullmatch(invited.stdout.strip())
        assert "works once" in invited.stderr
        assert "for community.example.org" in invited.stderr

    def test_keeps_a_hash_of_the_secret_alone_and_notes_the_act(self, run, rows):
        secret = ADDRESS.search(run("platforms", "invite", "--name", "Our Moodle").stdout)[1]
        ((kept, name),) = rows("SELECT token_hash, name FROM registration_invitation")
        assert (kept, name) == (hashlib.sha256(secret.encode()).hexdigest(), "Our Moodle")
        (noted,) = rows("SELECT act, subject, detail FROM audit_entry")
        assert noted[:2] == ("platform.invited", "invitation:1")
        assert secret not in noted[2]

    def test_makes_an_organisation_when_it_is_new(self, run, rows):
        for _ in range(2):
            run("platforms", "invite", "--name=A", "--organisation", " Lycée  A ")
        assert rows("SELECT name FROM organisation") == [("Lycée A",)]

    def test_is_good_for_as_many_days_as_asked(self, run, rows):
        run("platforms", "invite", "--name=A", "--days=2")
        ((days,),) = rows(
            "SELECT round(julianday(expires_at) - julianday(created_at)) FROM registration_invitation"
        )
        assert days == 2

    @pytest.mark.parametrize(
        "words", [["--name="], ["--name= "], ["--name", "x" * 201], ["--name=A", "--days=0"], []]
    )
    def test_refuses_what_makes_no_sense(self, run, rows, words):
        refused = run("platforms", "invite", *words)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr
        assert rows("SELECT * FROM registration_invitation") == []
