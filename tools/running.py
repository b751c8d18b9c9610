"""Programs of ours that serve on this machine while somebody looks at them: tests, the picture maker."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120  # seconds; beside other suites a machine takes its time
"""Seconds that a program may take until it serves."""


@contextmanager
def running(
    command: Sequence[str], ports: Sequence[int], log: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """Run a program for the length of the block; it is ended as Ctrl+C in a terminal would end it.

    :param ports: on 127.0.0.1; the block begins when all of them answer. :param log: takes what it prints.
    :param environment: on top of our own.
    :raises RuntimeError: it ended or did not answer in time; the end of its output is in the message.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_it_serves(process, ports, log)
            yield
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def _wait_until_it_serves(process: subprocess.Popen, ports: Sequence[int], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not all(_answers(port) for port in ports):
        if process.poll() is not None or time.monotonic() > end:
            said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"{process.args} does not serve on {list(ports)}:\n{said}")
        time.sleep(0.1)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
