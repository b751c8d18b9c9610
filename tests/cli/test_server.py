"""`lti-tool serve` and `lti-tool worker` as processes."""

import json
import os
import re
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from gunicorn.config import Config

from lti_tool.cli.server import _Process

pytestmark = [pytest.mark.processes, pytest.mark.timeout(60)]

LTI_TOOL = "from lti_tool.cli import main; main()"
# A worker whose queue holds one job that takes its time.
BUSY_WORKER = """
import time
from lti_tool import jobs, workers
from lti_tool.cli import application

app = application.made_and_ready()
queue = jobs.queue_for(app.extensions["settings"])

@queue.task()
def slow():
    print("began", flush=True)
    time.sleep(2)
    print("finished", flush=True)

slow()
workers.Worker(app, queue).run()
"""


def started(environment, folder, *words, program=LTI_TOOL):
    """Start a command that keeps running."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def stop(server):
    """Ask a server to stop, once."""
    if not getattr(server, "asked_to_stop", False):
        server.asked_to_stop = True
        server.terminate()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answer_of(address, **headers):
    for _ in range(250):
        try:
            asked = urllib.request.Request(address, headers=headers)
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.read().decode()
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{address} never answered")


@pytest.fixture
def serving(run, environment, tmp_path):
    """Start a server on a database that is there; stopped in the end, its output can be read then."""
    assert run("db", "upgrade").returncode == 0

    @contextmanager
    def serve(port=None, processes=1, **settings):
        port = port or free_port()
        words = ("serve", f"--port={port}", f"--processes={processes}")
        with started(environment | settings, tmp_path, *words) as server:
            try:
                answer_of(f"http://127.0.0.1:{port}/healthz")
                yield server, f"http://127.0.0.1:{port}"
            finally:
                stop(server)
                server.printed = server.stdout.read()
        assert server.returncode == 0, server.printed

    return serve


class TestServing:
    def test_processes_serve_one_key_add_up_their_numbers_and_stop_politely(self, serving, tmp_path):
        with serving(processes=2) as (server, address):
            sets = {answer_of(f"{address}/lti/jwks.json") for _ in range(20)}
            assert len(sets) == 1
            # Each process counts for itself; whichever is asked tells the sum.
            told = {self.key_sets_counted(address) for _ in range(6)}
            assert told == {20.0}
            long = f"{address}/lti/login?iss=x&login_hint={'h' * 6000}"
            assert "CV-" in answer_of(long)  # our calm page, not the server's bare refusal
            self.say_what_is_no_http(address)
        assert list((tmp_path / "var" / "metrics").iterdir()) == []
        lines = [json.loads(line) for line in server.printed.splitlines()[1:]]
        assert {line["status"] for line in lines if line["event"] == "request"} == {200, 400}
        assert any(line["logger"] == "gunicorn.error" for line in lines)
        assert "hhhh" not in server.printed
        said = [line["event"] for line in lines if line["event"].startswith("Invalid request")]
        assert said == ["Invalid request: Invalid HTTP Version"]

    def say_what_is_no_http(self, address):
        """As somebody does who cuts a one-use link in two."""
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=5) as caller:
            caller.sendall(b"GET /o/one-use token-of-somebody\r\n\r\n")
            assert caller.recv(65536).startswith(b"HTTP/1.1 400")

    def key_sets_counted(self, address):
        told = answer_of(f"{address}/metrics")
        return float(re.search(r"requests_total\{[^}]*jwks[^}]*} (\S+)", told)[1])

    @pytest.mark.long
    def test_it_is_ready_when_a_worker_runs(self, serving, environment, tmp_path):
        with serving() as (_, address):
            assert json.loads(answer_of(f"{address}/healthz"))["alive"] is True
            missing = {"ready": False, "worker": False}
            there = {"database": True, "schema": True, "signing_key": True}
            assert json.loads(answer_of(f"{address}/readyz")) == there | missing
            with started(environment, tmp_path, "worker") as worker:
                try:
                    assert worker.stdout.readline().startswith("Worker started")
                    assert self.becomes_ready(address)
                finally:
                    worker.send_signal(signal.SIGINT)
                    worker.stdout.read()
            assert worker.returncode == 0
            # Whatever somebody on this machine says of scheme and host.
            said = json.loads(answer_of(f"{address}/healthz", **FORWARDED))
            assert (said["scheme"], said["host"]) == ("http", address.partition("://")[2])

    def becomes_ready(self, address):
        for _ in range(100):
            if json.loads(answer_of(f"{address}/readyz"))["ready"]:
                return True
            time.sleep(0.1)
        return False


FORWARDED = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "community.example.org",
    "X-Forwarded-Ssl": "on",
    "X-Forwarded-For": "192.0.2.7",
}


class TestBehindAProxy:
    def test_a_trusted_one_tells_scheme_and_host(self, serving):
        with serving(LTI_TOOL_TRUSTED_PROXIES="1") as (_, address):
            said = json.loads(answer_of(f"{address}/healthz", **FORWARDED))
        assert (said["scheme"], said["host"]) == ("https", "community.example.org")


class TestStopping:
    @pytest.mark.long
    def test_a_process_told_to_stop_while_it_starts_ends_in_peace(self, run, environment, tmp_path):
        """The signal comes before it has opened its doors: it has nothing to close twice."""
        assert run("db", "upgrade").returncode == 0
        words = ("serve", f"--port={free_port()}", "--processes=1")
        for pause in (0.1, 0.4, 0.8):
            with started(environment, tmp_path, *words) as server:
                for line in server.stdout:
                    if "Booting worker" in line:
                        break
                time.sleep(pause)
                server.terminate()
                printed = server.stdout.read()
            assert server.returncode == 0, printed
            assert "fileno" not in printed
            assert "Traceback" not in printed

    def test_letting_go_of_the_port_twice_is_letting_go_once(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            process = _Process(0, os.getppid(), [listener], None, 30, Config(), None)
            process.poller = selectors.DefaultSelector()
            process.alive = False
            process.set_accept_enabled(True)
            process.set_accept_enabled(False)
            process.set_accept_enabled(False)
            process.poller.close()
            process.tmp.close()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), timeout=5)

    @pytest.mark.long
    def test_a_request_under_way_is_answered_while_another_server_takes_over(self, serving):
        with serving() as (first, address):
            port = int(address.rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", port), timeout=20) as caller:
                body = b"iss=unknown"
                head = f"POST /lti/login HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
                head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
                caller.sendall(head.encode() + body[:4])
                time.sleep(0.5)  # it reads, and waits for the rest
                stop(first)
                time.sleep(0.5)
                with serving(port) as (_, again):
                    assert json.loads(answer_of(f"{again}/healthz"))["alive"] is True
                    caller.sendall(body[4:])
                    answer = b""
                    while b"</html>" not in answer:
                        answer += caller.recv(65536)
        assert answer.startswith(b"HTTP/1.1 400")


class TestWorking:
    def test_what_is_under_way_is_finished_and_the_heartbeat_goes(self, run, environment, tmp_path):
        assert run("db", "upgrade").returncode == 0
        with started(environment, tmp_path, program=BUSY_WORKER) as worker:
            try:
                assert worker.stdout.readline() == "began\n"
                assert self.heartbeats(tmp_path) == 1
            finally:
                worker.send_signal(signal.SIGTERM)
            printed = worker.stdout.read()
        assert worker.returncode == 0, printed
        assert "finished" in printed
        assert self.heartbeats(tmp_path) == 0

    def heartbeats(self, tmp_path):
        with sqlite3.connect(tmp_path / "var" / "community-value.sqlite") as database:
            for _ in range(50):
                (count,) = database.execute("SELECT count(*) FROM worker_heartbeat").fetchone()
                if count:
                    break
                time.sleep(0.02)
        database.close()
        return count
