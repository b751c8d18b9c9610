"""systemd itself reads the units. (It does not run them: there is no systemd in a container.)"""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.programs import find_systemd_analyze

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
INSTALLED = "/opt/community-value/bin/lti-tool"
NAMED = (
    "community-value.target",
    "community-value-web@8000.service",
    "community-value-worker@1.service",
    "community-value-backup.service",
    "community-value-backup.timer",
)

pytestmark = pytest.mark.processes


@pytest.fixture
def units(tmp_path):
    """The units, with a program that exists on this machine in the place of ours."""
    for unit in UNITS.iterdir():
        text = unit.read_text(encoding="utf-8").replace(INSTALLED, shutil.which("true"))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


def verified(folder, *names):
    return subprocess.run(
        [find_systemd_analyze(), "verify", "--man=no", *(f"./{name}" for name in names)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


class TestVerifying:
    def test_systemd_finds_nothing_to_say(self, units):
        said = verified(units, *NAMED)
        assert (said.returncode, said.stdout, said.stderr) == (0, "", "")

    def test_it_would_find_a_word_that_systemd_does_not_know(self, units):
        unit = units / "community-value-worker@.service"
        unit.write_text(unit.read_text().replace("[Service]", "[Service]\nProtectEverything=yes"))
        assert "ProtectEverything" in verified(units, "community-value-worker@1.service").stderr
