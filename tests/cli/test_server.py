"""`lti-tool serve` and `lti-tool worker` as processes."""

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.processes


def started(environment, folder, *words):
    """Start a command that keeps running."""
    return subprocess.Popen(
        [sys.executable, "-c", "from lti_tool.cli import main; main()", *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer_of(address):
    for _ in range(150):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{address} never answered")


def refused_page_of(address):
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(address, timeout=5)
    with refusal.value as answer:
        return answer.read().decode()


class TestServing:
    def test_two_processes_serve_one_key_and_stop_politely(self, run, environment, tmp_path):
        assert run("db", "upgrade").returncode == 0
        port = free_port()
        with started(environment, tmp_path, "serve", f"--port={port}", "--processes=2") as server:
            try:
                assert '"ready":true' in answer_of(f"http://127.0.0.1:{port}/readyz").replace(" ", "")
                sets = {answer_of(f"http://127.0.0.1:{port}/lti/jwks.json") for _ in range(6)}
                assert len(sets) == 1
                long = f"http://127.0.0.1:{port}/lti/login?iss=x&login_hint={'h' * 6000}"
                assert "CV-" in refused_page_of(long)  # our calm page, not the server's bare refusal
            finally:
                server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=15) == 0

    def test_a_worker_starts_and_stops(self, run, environment, tmp_path):
        assert run("db", "upgrade").returncode == 0
        with started(environment, tmp_path, "worker") as worker:
            assert worker.stdout.readline().startswith("Worker started")
            time.sleep(1)
            assert worker.poll() is None
            worker.send_signal(signal.SIGINT)
            assert worker.wait(timeout=15) == 0
