"""The gate: every suite, counted; the last line is `N passed, N failed`.

`python -m tools.gate [--require-all] [--long] [--only SUITE …]` (`make test`).
Where a suite's program is missing, it is installed (root on Debian) or the suite is reported as NOT RUN with
the command that helps; with --require-all that is a failure, and so is a test that skips itself.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tools import programs, suites
from tools.suites import Outcome, Suite
from tools.throwaway_postgres import PostgresUnavailable, throwaway_postgres


def main(arguments: list[str]) -> int:
    """Run what was asked for. Returns 0 when nothing failed."""
    asked = _parse(arguments)
    # An ended gate must still stop its database server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = [suite for suite in suites.ALL if suite.long == asked.long]
    if asked.only:
        chosen = [suite for suite in chosen if suite.name in asked.only]
    with ExitStack() as resources:
        outcomes = run_all(chosen, resources)
    return report(outcomes, require_all=asked.require_all)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gate", description=__doc__)
    parser.add_argument("--require-all", action="store_true", help="what cannot run, or skips itself, fails")
    parser.add_argument("--long", action="store_true", help="the suites that take minutes, and only those")
    names = sorted({suite.name for suite in suites.ALL})
    parser.add_argument("--only", nargs="+", choices=names, help="only these suites")
    return parser.parse_args(arguments)


def run_all(chosen: list[Suite], resources: ExitStack) -> list[Outcome]:
    """Run the suites that want the machine for themselves in order, then the others' lanes side by side.

    The database server is started at the first suite that needs it. Outcomes come in the order of `chosen`.
    """
    results = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="cv-gate-")))
    environment: dict[str, str] = {}
    outcomes = {
        suite.name: run_one(suite, environment, results, resources) for suite in chosen if not suite.lane
    }
    beside = [suite for suite in chosen if suite.lane]
    # Two suites that install something at the same moment would stand in each other's way.
    prepared = {suite.name: _missing(suite, environment, resources) for suite in beside}
    lanes = [[suite for suite in beside if suite.lane == lane] for lane in sorted({s.lane for s in beside})]
    with ThreadPoolExecutor(max_workers=max(len(lanes), 1)) as side_by_side:
        for ran in side_by_side.map(lambda lane: run_lane(lane, prepared, environment, results), lanes):
            outcomes.update(ran)
    return [outcomes[suite.name] for suite in chosen]


def run_one(suite: Suite, environment: dict[str, str], results: Path, resources: ExitStack) -> Outcome:
    """Provide what a suite needs and run it while one watches."""
    started = time.monotonic()
    print(f"\n=== {suite.name}: {suite.about}", flush=True)
    outcome = _missing(suite, environment, resources) or suites.run(suite, environment, results)
    outcome.seconds = time.monotonic() - started
    return outcome


def run_lane(
    lane: list[Suite], missing: dict[str, Outcome | None], environment: dict[str, str], results: Path
) -> dict[str, Outcome]:
    """Run suites one after the other, beside another lane; what each one says is shown when it has ended."""
    outcomes = {}
    for suite in lane:
        started, said = time.monotonic(), results / f"{suite.name}.txt"
        with said.open("w") as output:
            outcome = missing[suite.name] or suites.run(suite, environment, results, output)
        outcome.seconds = time.monotonic() - started
        print(f"\n=== {suite.name}: {suite.about}\n{said.read_text(errors='replace')}", flush=True)
        outcomes[suite.name] = outcome
    return outcomes


def _missing(suite: Suite, environment: dict[str, str], resources: ExitStack) -> Outcome | None:
    """Provide what the suite needs; an outcome that says NOT RUN when that is impossible."""
    if suite.prepare and subprocess.run(suite.prepare, cwd=suites.ROOT, check=False).returncode != 0:
        return Outcome(suite.name, not_run=suite.remedy)
    for program in suite.needs:
        if not programs.ensure(program):
            return Outcome(suite.name, not_run=program.remedy)
    if programs.POSTGRESQL in suite.needs and suites.POSTGRESQL_ADDRESS not in environment:
        try:
            environment[suites.POSTGRESQL_ADDRESS] = resources.enter_context(throwaway_postgres())
        except PostgresUnavailable as problem:
            return Outcome(suite.name, not_run=str(problem))
    return None


def report(outcomes: list[Outcome], *, require_all: bool) -> int:
    """Print the table and the closing line. Returns the exit code."""
    print(f"\n{'suite':<14}{'passed':>8}{'failed':>8}{'skipped':>9}{'seconds':>9}")
    for outcome in outcomes:
        print(
            f"{outcome.suite:<14}{outcome.passed:>8}{outcome.failed:>8}{len(outcome.skipped):>9}"
            f"{outcome.seconds:>9.1f}"
        )
    _print_longest(outcomes)
    for outcome in outcomes:
        for skipped in outcome.skipped:
            print(f"SKIPPED: {outcome.suite}: {skipped}")
        if outcome.not_run:
            print(f"NOT RUN: {outcome.suite}: {outcome.not_run}")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    if require_all:
        failed += sum(len(outcome.skipped) + bool(outcome.not_run) for outcome in outcomes)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not passed else 0


def _print_longest(outcomes: list[Outcome]) -> None:
    for seconds, name in sorted((test for outcome in outcomes for test in outcome.durations), reverse=True)[
        :5
    ]:
        print(f"longest: {seconds:5.1f} s {name[:120]}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
