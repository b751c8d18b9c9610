"""`lti-tool db backup` and `lti-tool db restore`: a file an operator can rely on, or a sentence."""

import io
import json
import sqlite3
import stat

import pytest

MOODLE = (
    *("--name", "Campus", "--issuer", "https://moodle.example.edu", "--client-id", "abc"),
    *("--auth-url", "https://moodle.example.edu/mod/lti/auth.php"),
    *("--token-url", "https://moodle.example.edu/mod/lti/token.php"),
    *("--jwks-url", "https://moodle.example.edu/mod/lti/certs.php"),
)


@pytest.fixture
def platforms(run):
    """The issuers that the database knows."""
    return lambda: [listed["issuer"] for listed in json.loads(run("platforms", "list", "--json").stdout)]


class TestCopyingAndPuttingBack:
    def test_what_was_there_is_there_again(self, run, platforms, tmp_path, upgraded):
        file = tmp_path / "backups" / "monday.sqlite"
        run("platforms", "add", *MOODLE)
        assert run("db", "backup", str(file)).returncode == 0
        run("platforms", "add", *(word.replace("moodle", "other") for word in MOODLE))
        assert len(platforms()) == 2

        assert run("db", "restore", "--yes", str(file)).returncode == 0
        assert run("db", "upgrade").returncode == 0
        assert platforms() == ["https://moodle.example.edu"]

    def test_a_machine_that_lost_its_database_gets_it_back(
        self, run, environment, platforms, tmp_path, upgraded
    ):
        file, elsewhere = tmp_path / "monday.sqlite", str(tmp_path / "new")
        run("platforms", "add", *MOODLE)
        run("db", "backup", str(file))
        environment["LTI_TOOL_VAR_DIR"] = elsewhere
        assert run("db", "restore", "--yes", str(file)).returncode == 0
        assert platforms() == ["https://moodle.example.edu"]

    def test_the_copy_is_one_whole_file_for_this_account_only(self, run, tmp_path, upgraded):
        file = tmp_path / "backups" / "monday.sqlite"
        run("db", "backup", str(file))
        run("db", "backup", str(file))
        assert [found.name for found in file.parent.iterdir()] == ["monday.sqlite"]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with sqlite3.connect(file) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        copy.close()


class TestRefusing:
    def test_without_a_database_nothing_is_copied(self, run, tmp_path):
        answer = run("db", "backup", str(tmp_path / "copy.sqlite"))
        assert answer.returncode == 1
        assert "There is no database" in answer.stderr
        assert not (tmp_path / "copy.sqlite").exists()

    def test_a_place_that_cannot_be_written_is_named(self, run, tmp_path, upgraded):
        (tmp_path / "not-a-folder").touch()
        answer = run("db", "backup", str(tmp_path / "not-a-folder" / "copy.sqlite"))
        assert answer.returncode == 1
        assert "could not be written" in answer.stderr

    @pytest.mark.parametrize("content", [b"", b"no database at all, " * 500])
    def test_a_file_that_is_no_copy_replaces_nothing(self, run, platforms, tmp_path, content, upgraded):
        (tmp_path / "copy.sqlite").write_bytes(content)
        run("platforms", "add", *MOODLE)
        answer = run("db", "restore", "--yes", str(tmp_path / "copy.sqlite"))
        assert answer.returncode == 1
        assert "copy.sqlite" in answer.stderr
        assert platforms() == ["https://moodle.example.edu"]

    def test_it_asks_before_it_replaces_the_database(self, run, platforms, monkeypatch, tmp_path, upgraded):
        run("db", "backup", str(tmp_path / "copy.sqlite"))
        run("platforms", "add", *MOODLE)
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        assert run("db", "restore", str(tmp_path / "copy.sqlite")).returncode == 1
        assert platforms() == ["https://moodle.example.edu"]

    @pytest.mark.parametrize(("command", "program"), [("backup", "pg_dump"), ("restore", "pg_restore")])
    def test_with_postgresql_its_own_program_is_named(self, run, tmp_path, command, program):
        words = ["--yes"] if command == "restore" else []
        address = "postgresql://nobody@127.0.0.1:1/nothing"
        answer = run("db", command, *words, str(tmp_path / "copy"), LTI_TOOL_DATABASE_URL=address)
        assert answer.returncode == 1
        assert program in answer.stderr
