"""`python -m benchmarks [NAME …]` (`make bench`): measure, print, and keep what a whole run found.

A time alone says more about the machine than about the code: both sides of a ratio are measured in the same
run, in turns, and nothing is asserted. With names, only these are measured and nothing is kept;
TEST_DATABASE=sqlite or postgresql measures on that database alone.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from lti_tool import clock
from tools.suites import DATABASE_CHOICE

RESULTS = Path(__file__).parent / "RESULTS.md"
MARK = "<!-- Below: what the last whole run of `make bench` wrote. -->"
BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Subject:
    """A module whose `figures()` measures something and says it, a sentence for each."""

    name: str
    title: str
    databases: tuple[str, ...] = BOTH

    @property
    def figures(self) -> Callable[[], Iterable[object]]:
        return import_module(f"benchmarks.{self.name}").figures

    @property
    def exists(self) -> bool:
        return find_spec(f"benchmarks.{self.name}") is not None


SUBJECTS = (
    Subject("launches", "Login and launch beside a bare PyLTI1p3 tool"),
    Subject("platforms", "Launches with many registrations"),
    Subject("pages", "Pages in proportion to each other"),
    Subject("living", "A living community"),
    Subject("burst", "A burst of learners"),
    Subject("rosters", "A large roster", ("sqlite",)),
    Subject("scores", "Many scores", ("sqlite",)),
    Subject("grading", "Scores kept up, and the trainer’s table"),
    Subject("scale", "A large community among many"),
    Subject("audit", "The audit log"),
    Subject("mails", "Mails to members"),
)


def main() -> None:
    """Measure what was asked for, or everything."""
    known = {subject.name: subject for subject in SUBJECTS if subject.exists}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    asked = parser.parse_args().names
    if unknown := sorted(set(asked) - set(known)):
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(known)}")
    only = os.environ.get(DATABASE_CHOICE)
    found = []
    for line in _measured([known[name] for name in asked or known], only):
        print(line, flush=True)
        found.append(line)
    if not asked and not only:
        _keep(found)


def _measured(subjects: list[Subject], only: str | None) -> Iterator[str]:
    started = time.monotonic()
    yield f"{clock.now():%d %B %Y, %H:%M} UTC; {_machine()}."
    for subject in subjects:
        yield f"\n## {subject.title}\n"
        for database in (only,) if only else subject.databases:
            os.environ[DATABASE_CHOICE] = database
            for figure in subject.figures():
                yield f"- {database}: {figure}"
    yield f"\nMeasured in {time.monotonic() - started:.0f} s."


def _machine() -> str:
    models = [
        line
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if "model name" in line
    ]
    model = models[0].partition(":")[2].strip() if models else platform.machine()
    load = f"load {os.getloadavg()[0]:.1f} when it began"
    return f"{os.cpu_count()} × {model}, {load}, Python {platform.python_version()}"


def _keep(lines: list[str]) -> None:
    """Write a whole run below the words about what is compared, in the place of the last one."""
    words = RESULTS.read_text(encoding="utf-8").partition(MARK)[0]
    RESULTS.write_text("\n".join([words + MARK, "", *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
