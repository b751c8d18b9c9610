"""The suites of the gate: what each runs, what it needs, and how its result is counted."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tools import independent
from tools.programs import CHROMIUM, FIREFOX, NGINX, POSTGRESQL, REDIS, SYSTEMD, Program

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# Read by tests/support/databases.py.
DATABASE_CHOICE = "TEST_DATABASE"
POSTGRESQL_ADDRESS = "TEST_POSTGRESQL_URL"

ORDINARY = "not browser and not packaging and not processes and not long"
# One more than the cores that the gate's machine has: tests wait for servers, too.
SIDE_BY_SIDE = ("-n", "3")
TWO_AT_A_TIME = ("-n", "2")
# Where the tests of a kind stand; tests/test_gate.py goes through all that there are.
PROCESSES = (
    "tests/backup",
    "tests/cli",
    "tests/concurrency",
    "tests/deploy",
    "tests/faults",
    "tests/passback",
)
BROWSER = ("tests/browser", "tests/independent")
PACKAGING = ("tests/test_packaging.py",)
FOLDERS = {
    "processes": PROCESSES,
    "browser": BROWSER,
    "packaging": PACKAGING,
    "independent": ("tests/independent",),
}


@dataclass(frozen=True)
class Suite:
    """A part of the gate: either commands that succeed or fail, or one run of pytest."""

    name: str
    about: str
    commands: tuple[tuple[str, ...], ...] = ()
    marked: str = ""
    # Where its tests stand, when not all over `tests/`: reading all others takes longer than many a test.
    folders: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    database: str = "sqlite"
    needs: tuple[Program, ...] = ()
    prepare: tuple[str, ...] = ()
    # What helps when the preparation fails.
    remedy: str = "its preparation failed, see above"
    long: bool = False
    # Suites that mostly wait run beside those of another lane; those of lane 0 have the machine alone.
    lane: int = 0


@dataclass
class Outcome:
    """What became of a suite. `not_run` says what would help when it could not run at all."""

    suite: str
    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)
    durations: list[tuple[float, str]] = field(default_factory=list)
    not_run: str = ""
    seconds: float = 0.0


ALL = (
    Suite(
        "lint",
        "style, format, who may import whom",
        commands=(
            (str(BIN / "ruff"), "check", "--quiet", "."),
            (str(BIN / "ruff"), "format", "--quiet", "--check", "."),
            (str(BIN / "lint-imports"), "--no-cache"),
        ),
    ),
    Suite("tests", "unit and functional, on SQLite", marked=ORDINARY, options=SIDE_BY_SIDE),
    Suite(
        "postgresql",
        "the tests that use a database, on PostgreSQL",
        marked=f"(database or postgresql) and {ORDINARY}",
        options=SIDE_BY_SIDE,
        database="postgresql",
        needs=(POSTGRESQL,),
    ),
    Suite(
        "processes",
        "crowds, servers, the tool behind nginx and killed workers, on SQLite",
        marked="processes and not long",
        folders=PROCESSES,
        needs=(NGINX, SYSTEMD),
        lane=2,
    ),
    Suite(
        "processes-pg",
        "crowds and killed workers, on PostgreSQL",
        marked="processes and (database or postgresql) and not long",
        folders=PROCESSES,
        database="postgresql",
        needs=(POSTGRESQL, REDIS),
        lane=2,
    ),
    Suite(
        "browser",
        "the whole way in Chromium",
        marked="browser and not long",
        folders=BROWSER,
        # A class walks through its pages in one browser of its own.
        options=(*TWO_AT_A_TIME, "--dist", "loadscope"),
        needs=(CHROMIUM,),
        lane=1,
    ),
    Suite(
        "packaging",
        "the wheel in an empty environment",
        marked="packaging and not long",
        folders=PACKAGING,
        # Fetched here and not by the tests: no test reaches beyond this machine.
        prepare=(sys.executable, "-m", "tools.wheelhouse"),
        lane=1,
    ),
    Suite(
        "long",
        "what takes minutes, on SQLite",
        marked="long and not browser and not independent",
        options=("--durations=0",),
        long=True,
    ),
    Suite(
        "long-postgresql",
        "what takes minutes, on PostgreSQL",
        marked="long and (database or postgresql) and not (browser or independent or slow_on_postgresql)",
        options=("--durations=0",),
        database="postgresql",
        needs=(POSTGRESQL, REDIS),
        long=True,
    ),
    Suite(
        "long-pages",
        "many pages and many answers of LMSs, on PostgreSQL",
        marked="long and slow_on_postgresql",
        options=SIDE_BY_SIDE,
        database="postgresql",
        needs=(POSTGRESQL,),
        long=True,
    ),
    Suite(
        "long-browser",
        "what takes minutes, in Chromium",
        marked="long and browser and not firefox and not independent",
        folders=BROWSER,
        options=("--durations=0",),
        needs=(CHROMIUM,),
        long=True,
    ),
    Suite(
        "long-firefox",
        "the main path in Firefox",
        marked="long and firefox",
        folders=BROWSER,
        options=("--durations=0",),
        needs=(FIREFOX,),
        long=True,
    ),
    Suite(
        "independent",
        "against Open edX's LTI consumer: other people's platform code, in a process of its own",
        marked="independent",
        folders=("tests/independent",),
        options=("--durations=0",),
        needs=(CHROMIUM,),
        # Fetched here and not by the tests: no test reaches beyond this machine.
        prepare=(sys.executable, "-m", "tools.independent"),
        remedy=independent.REMEDY,
        long=True,
    ),
)


def run(suite: Suite, environment: dict[str, str], results: Path, output: IO[str] | None = None) -> Outcome:
    """Run the suite with `environment` on top of our own; `results` is a folder for its report.

    What pytest prints goes to `output`, or to our own output.
    """
    if suite.commands:
        return _run_commands(suite)
    report = results / f"{suite.name}.xml"
    # Where Python is told to keep no bytecode, every process would compile the tool and every test anew.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", suite.marked, *suite.options]
        + [f"--junit-xml={report}", *suite.folders],
        cwd=ROOT,
        env={**inherited, **environment, DATABASE_CHOICE: suite.database},
        check=False,
        stdout=output,
        stderr=output and subprocess.STDOUT,
    )
    outcome = counted(report, suite.name) if report.exists() else Outcome(suite.name)
    if outcome.failed == 0 and not _ended_well(finished.returncode, suite):
        print(f"{suite.name}: pytest ended with {finished.returncode}", flush=True)
        outcome.failed = 1
    return outcome


def _ended_well(code: int, suite: Suite) -> bool:
    """A suite without a single test has lost its tests; only the long ones may be empty."""
    return code == 0 or (code == 5 and suite.long)


def _run_commands(suite: Suite) -> Outcome:
    outcome = Outcome(suite.name)
    for command in suite.commands:
        if subprocess.run(command, cwd=ROOT, check=False).returncode == 0:
            outcome.passed += 1
        else:
            print(f"FAILED: {' '.join([Path(command[0]).name, *command[1:]])}", flush=True)
            outcome.failed += 1
    return outcome


def counted(report: Path, name_of_suite: str) -> Outcome:
    """Read pytest's XML report. A test that passes and whose clean-up fails is one failed test."""
    outcome = Outcome(name_of_suite)
    cases: dict[str, list[ElementTree.Element]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        cases.setdefault(f"{case.get('classname')}::{case.get('name')}", []).append(case)
    for name, parts in cases.items():
        outcome.durations.append((sum(float(part.get("time", 0)) for part in parts), name))
        problems = {child.tag: child for part in parts for child in part}
        if "failure" in problems or "error" in problems:
            outcome.failed += 1
        elif "skipped" in problems:
            outcome.skipped.append(f"{name}: {problems['skipped'].get('message', '')}")
        else:
            outcome.passed += 1
    return outcome
