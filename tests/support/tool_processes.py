"""Real `lti-tool` processes, started quickly: one process loads the tool, each command is a fork of it.

A fork runs the command line as the console script does, with the environment it was given, in a process
group of its own, so that a test can kill it with everything it started. Run as a module it is that maker.
"""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class ToolProcess:
    """A command that runs; `log` is what it printed so far."""

    pid: int
    log: Path

    def signal(self, number: int) -> None:
        """Send a signal to the process and to all that it started."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return

    def kill(self) -> None:
        """End it as a machine that loses power does, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self, seconds: float = 10) -> None:
        """Wait until the process is gone. :raises TimeoutError: it is still there."""
        deadline = time.monotonic() + seconds
        while Path(f"/proc/{self.pid}").exists() and not self._is_zombie():
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} goes on: {self.printed()[-2000:]}")
            time.sleep(0.01)

    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _is_zombie(self) -> bool:
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            return True


class ToolProcesses:
    """The process that makes them; close it in the end, and none is left."""

    def __init__(self, environment: dict[str, str], folder: Path, clock_file: Path) -> None:
        """:param environment: LTI_TOOL_… for all; :param folder: for logs; :param clock_file: their clock."""
        self._folder = folder
        self._made: list[ToolProcess] = []
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LTI_TOOL_")}
        self._maker = subprocess.Popen(
            [sys.executable, "-m", "tests.support.tool_processes", str(clock_file)],
            cwd=ROOT,
            env=kept | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, *words: str, **environment: str) -> ToolProcess:
        """Start `lti-tool WORDS`; it may still be busy starting when this returns."""
        log = self._folder / f"{words[0]}-{len(self._made)}.log"
        log.touch()
        order = {"words": words, "environment": environment, "log": str(log)}
        self._maker.stdin.write(json.dumps(order) + "\n")
        self._maker.stdin.flush()
        made = ToolProcess(int(self._maker.stdout.readline()), log)
        self._made.append(made)
        return made

    def close(self) -> None:
        """Kill what still runs."""
        for made in self._made:
            made.kill()
        self._maker.stdin.close()
        self._maker.wait(timeout=10)
        self._maker.stdout.close()


def main(clock_file: str) -> None:
    """Fork a command for each order that comes in."""
    from lti_tool import clock
    from lti_tool.cli import main as command_line
    from tests.support.shifted_clock import ShiftedClock

    clock.now = ShiftedClock(Path(clock_file)).now
    signal.signal(signal.SIGCHLD, _bury)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(command_line, **order)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _bury(*_: object) -> None:
    """Collect the children that have ended, so that none stays as a zombie."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _become(command_line, words: list[str], environment: dict[str, str], log: str) -> None:
    """Be this command from here on; never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(environment)
    sys.argv = ["lti-tool", *words]
    code = 0
    try:
        command_line()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
