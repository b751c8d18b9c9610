"""Commands run as an operator runs them: words in, exit code and words out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet

WELL_SET = {
    "LTI_TOOL_BASE_URL": "https://community.example.org",
    "LTI_TOOL_SECRET_KEY": "a secret of forty-two characters or so, long enough",
    "LTI_TOOL_KEY_ENCRYPTION_KEY": Fernet.generate_key().decode(),
}


@pytest.fixture
def environment(tmp_path):
    """The environment of a server that is set up well and has no database yet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
    return kept | WELL_SET | {"LTI_TOOL_VAR_DIR": str(tmp_path / "var")}


@pytest.fixture(scope="session")
def upgraded_server(tmp_path_factory):
    """The folder of a server after its first `db upgrade`, which takes as long as most tests here."""
    folder = tmp_path_factory.mktemp("upgraded") / "var"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
    subprocess.run(
        [Path(sys.executable).parent / "lti-tool", "db", "upgrade"],
        env=kept | WELL_SET | {"LTI_TOOL_VAR_DIR": str(folder)},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def upgraded(upgraded_server, environment):
    """The server of `environment` after its first `db upgrade`."""
    shutil.copytree(upgraded_server, environment["LTI_TOOL_VAR_DIR"])


@pytest.fixture
def run(environment, monkeypatch, capsys):
    """Run `lti-tool` with these words; return exit code, standard output and standard error."""
    from lti_tool.cli import main

    def run_command(*words, **changes):
        with monkeypatch.context() as patched:
            for name, value in (environment | changes).items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["lti-tool", *words])
            with pytest.raises(SystemExit) as ended:
                main()
        printed = capsys.readouterr()
        code = ended.value.code or 0
        return SimpleNamespace(returncode=code, stdout=printed.out, stderr=printed.err)

    return run_command
