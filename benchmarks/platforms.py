"""Launches into an installation with a thousand registrations beside one with a single one."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import platform, servers
from benchmarks.browsers import Browser, InProcess
from benchmarks.launches import Subject
from benchmarks.platform import Lms
from benchmarks.servers import TOOL, Installation
from lti_tool.transactions import transaction
from tests.support import databases
from tests.support.statements import counted

MANY, PEOPLE, ROUNDS = 1000, 100, 5


def figures() -> Iterator[str]:
    """Measure and say, for the database that TEST_DATABASE names."""
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="cv-bench-")))
        resources.enter_context(databases.prepared_server())
        lms = resources.enter_context(platform.running(TOOL))
        made = databases.databases(folder)
        subjects, counts = [], []
        for label, more in (("many", MANY - 1), ("one", 0)):
            address = made.create(label)
            resources.callback(made.drop, address)
            installation = resources.enter_context(servers.installed(lms, address, folder / label))
            _register_others(installation, lms, more)
            server = resources.enter_context(servers.our_server(installation))
            subjects.append(Subject(server, lms, servers.postgresql_pid(address)))
            subjects[-1].warm_up()
            counts.append(_statements(installation, lms))
        yield _sentence(_rounds(*subjects), counts)


def _register_others(installation: Installation, lms: Lms, count: int) -> None:
    """Half of them are further client ids of the same issuer, half are other LMSs."""
    with installation.app.app_context(), transaction():
        for number in range(count):
            told = lms.told() | {"client_id": f"client-{number}"}
            if number % 2:
                told["issuer"] = f"https://lms-{number}.example.edu"
            servers.register(lms, told, f"Platform {number}")


def _rounds(many: Subject, one: Subject) -> list[tuple[float, float]]:
    return [(_all(many, f"round-{number}"), _all(one, f"round-{number}")) for number in range(ROUNDS)]


def _all(subject: Subject, who: str) -> float:
    cost = subject.launches(who, PEOPLE)
    return cost.web + cost.database


def _statements(installation: Installation, lms: Lms) -> int:
    """Count what a login and a launch of somebody who was here send."""
    Browser(InProcess(installation), lms, "counted").comes()
    with installation.app.app_context(), counted() as sent:
        Browser(InProcess(installation), lms, "counted").comes()
    return len(sent)


def _sentence(rounds: list[tuple[float, float]], counts: list[int]) -> str:
    ratios = sorted(many / one for many, one in rounds)
    spread = f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    return f"login + launch, {MANY} platforms ÷ 1: {spread}; {counts[0]} ÷ {counts[1]} SQL statements"
