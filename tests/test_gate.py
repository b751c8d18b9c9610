"""The gate counts honestly: nothing that failed, was skipped or could not run is lost."""

import socket
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import pytest

from tests.support.ports import free_ports
from tools import gate, preflight, suites
from tools.suites import Outcome, Suite

REPORT = """<?xml version="1.0"?>
<testsuites><testsuite>
<testcase classname="tests.a" name="passes" time="0.5"/>
<testcase classname="tests.a" name="fails" time="1.0"><failure message="no"/></testcase>
<testcase classname="tests.a" name="cannot_begin" time="0.1"><error message="no"/></testcase>
<testcase classname="tests.a" name="skips" time="0.1"><skipped message="not here"/></testcase>
<testcase classname="tests.a" name="leaves_a_mess" time="0.1"/>
<testcase classname="tests.a" name="leaves_a_mess" time="0.1"><error message="clean-up"/></testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def counted(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    return suites.counted(report, "tests")


class TestCounting:
    def test_every_test_counts_once_by_its_worst_part(self, counted):
        assert (counted.passed, counted.failed) == (1, 3)

    def test_a_skipped_test_keeps_its_reason(self, counted):
        assert counted.skipped == ["tests.a::skips: not here"]


class TestReporting:
    def test_the_last_line_sums_up_all_suites(self, capsys):
        code = gate.report(
            [Outcome("lint", passed=3), Outcome("tests", passed=40, failed=2)], require_all=False
        )
        assert capsys.readouterr().out.splitlines()[-1] == "43 passed, 2 failed"
        assert code == 1

    def test_what_could_not_run_is_named_with_the_command_that_helps(self, capsys):
        outcomes = [Outcome("tests", passed=1), Outcome("browser", not_run="sudo apt-get install chromium")]
        code = gate.report(outcomes, require_all=False)
        printed = capsys.readouterr().out.splitlines()
        assert "NOT RUN: browser: sudo apt-get install chromium" in printed
        assert (printed[-1], code) == ("1 passed, 0 failed", 0)

    @pytest.mark.parametrize("lacking", [Outcome("b", not_run="a command"), Outcome("b", skipped=["t: why"])])
    def test_with_everything_required_a_lack_is_a_failure(self, capsys, lacking):
        code = gate.report([Outcome("tests", passed=1), lacking], require_all=True)
        assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"
        assert code == 1

    def test_no_test_at_all_is_no_success(self, capsys):
        assert gate.report([Outcome("tests")], require_all=False) == 1
        assert capsys.readouterr().out.endswith("0 passed, 0 failed\n")


class TestRunningASuite:
    def test_a_command_that_fails_is_one_failure(self, capsys):
        suite = suites.Suite("lint", "", commands=(("true",), ("false",)))
        outcome = suites.run(suite, {}, Path())
        assert (outcome.passed, outcome.failed) == (1, 1)
        assert "FAILED: false" in capsys.readouterr().out


@pytest.fixture
def listening_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


class TestPreflight:
    @pytest.mark.parametrize("version", [(3, 11, 2), (3, 14, 0)])
    def test_a_supported_python_is_fine(self, version):
        assert preflight.python_problem(version) is None

    @pytest.mark.parametrize("version", [(3, 10, 12), (3, 15, 0), (2, 7, 18)])
    def test_another_python_is_told_which_ones_fit(self, version):
        assert "3.11 to 3.14" in preflight.python_problem(version)

    def test_a_taken_port_is_answered_with_a_command_naming_a_free_one(self, listening_port):
        problem = preflight.port_problem(listening_port, "the tool", "PORT")
        assert f"Port {listening_port}" in problem
        assert "make run PORT=" in problem
        assert f"PORT={listening_port}" not in problem

    def test_a_free_port_is_fine(self):
        assert preflight.port_problem(free_ports(1)[0], "the tool", "PORT") is None


class TestLanes:
    def test_run_beside_each_other_and_are_told_in_the_order_of_the_table(self, capfd, monkeypatch):
        waiting = Barrier(2, timeout=10)

        def run(suite, environment, results, output=None):
            if suite.lane:
                waiting.wait()
                output.write(f"{suite.name} said this\n")
            return Outcome(suite.name, passed=1)

        monkeypatch.setattr(suites, "run", run)
        chosen = [Suite("first", "", lane=1), Suite("alone", ""), Suite("second", "", lane=2)]
        with ExitStack() as resources:
            outcomes = gate.run_all(chosen, resources)
        assert [outcome.suite for outcome in outcomes] == ["first", "alone", "second"]
        said = capfd.readouterr().out
        assert said.index("=== alone") < said.index("first said this")
        assert "second said this" in said
