"""Where the processes of one server count: a folder of its own, and none that a dead server left."""

import os
import socket
import subprocess
import sys

from lti_tool import metrics


def a_process_that_ended():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


class TestPreparingTheFolder:
    def test_what_a_dead_server_left_goes_what_a_living_one_uses_stays(self, tmp_path, monkeypatch):
        monkeypatch.setenv(metrics.FOLDER, "")
        host = socket.gethostname()
        living = tmp_path / "metrics" / f"{host}-{os.getppid()}"
        dead = tmp_path / "metrics" / f"{host}-{a_process_that_ended()}"
        elsewhere = tmp_path / "metrics" / "another-machine-17"
        silent = tmp_path / "metrics" / "another-machine-18"
        for folder in (living, dead, elsewhere, silent):
            folder.mkdir(parents=True)
        os.utime(silent, (0, 0))
        own = metrics.prepare_folder(tmp_path)
        assert set(own.parent.iterdir()) == {living, elsewhere, own}
        assert os.environ[metrics.FOLDER] == str(own)
