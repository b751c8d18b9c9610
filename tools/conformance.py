"""Writes docs/conformance.md from what the tests of the certification checklist say (`make conformance`).

`python -m tools.conformance` runs every `test_cert_<nn>_…` and writes a line for each number: what, by which
test, with which result. Nothing is written by hand but tools/conformance.json: what was proved how for each
LMS. A test compares the document with the tests.
"""

import ast
import json
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests/conformance"
DOCUMENT = ROOT / "docs/conformance.md"
LMS = ROOT / "tools/conformance.json"
NUMBERS = range(1, 68)
NAME = re.compile(r"test_cert_(\d\d)_\w+")

HOW = {
    "recorded": "recorded and replayed",
    "documented": "replayed from documentation or source",
    "run": "run against its code",
    "never": "never run",
}
HEAD = """# Conformance

Written by `make conformance` from the results of the tests; do not edit it by hand.

The checklist is that of the LTI Advantage certification of tools, as far as it is publicly known. It was
not run by 1EdTech: this is no certificate.

## The checklist

| number | what | test | result |
|---|---|---|---|
"""
MIDDLE = """
## For each LMS, what was proved how

| LMS | proved | what | tests |
|---|---|---|---|
"""
FOOT = """
*Recorded and replayed*: real traffic of a real site. *Replayed from documentation or source*: made from what
the vendor publishes. *Run against its code*: the LMS's own code spoke to this tool. *Never run*: nobody has
opened this tool from it.
"""


@dataclass(frozen=True)
class Check:
    """A test of the checklist: its number, name, and the sentence of its docstring."""

    number: int
    name: str
    what: str


@dataclass(frozen=True)
class Product:
    """What was proved for an LMS: how (a word of `HOW`), what, and in which test files, none if never run."""

    name: str
    how: str
    what: str
    tests: tuple[str, ...]


def products() -> list[Product]:
    """Read tools/conformance.json."""
    listed = json.loads(LMS.read_text(encoding="utf-8"))["lms"]
    return [Product(one["name"], one["how"], one["what"], tuple(one["tests"])) for one in listed]


def checks() -> list[Check]:
    """Find the tests of the checklist by reading the files, in the order of their numbers."""
    found = []
    for file in sorted(TESTS.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.FunctionDef) and NAME.fullmatch(node.name)
            if named:
                what = (ast.get_docstring(node) or "").partition("\n")[0]
                found.append(Check(int(named[1]), node.name, what))
    return sorted(found, key=lambda check: (check.number, check.name))


def results() -> dict[str, str]:
    """Run them; return `passed` or `failed` by the name of each. One case that fails fails its test."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-k", "test_cert_", str(TESTS)]
        subprocess.run([*command, f"--junit-xml={report}"], cwd=ROOT, check=False)
        return _read(report)


def _read(report: Path) -> dict[str, str]:
    said: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.get("name", "").partition("[")[0]
        passed = not {child.tag for child in case} & {"failure", "error", "skipped"}
        if NAME.fullmatch(name):
            said[name] = "passed" if passed and said.get(name) != "failed" else "failed"
    return said


def _row(number: int, ours: list[Check], said: Mapping[str, str]) -> str:
    if not ours:
        return f"| {number} | | | no test |"
    columns = (
        [check.what for check in ours],
        [f"`{check.name}`" for check in ours],
        [said.get(check.name, "not run") for check in ours],
    )
    return f"| {number} | " + " | ".join("<br>".join(column) for column in columns) + " |"


def written(known: list[Check], said: Mapping[str, str]) -> str:
    """Return the document, one row a number; a number without a test is said to have none."""
    lines = [_row(number, [check for check in known if check.number == number], said) for number in NUMBERS]
    proved = [
        f"| {one.name} | {HOW[one.how]} | {one.what} | {', '.join(f'`{test}`' for test in one.tests)} |"
        for one in products()
    ]
    return HEAD + "\n".join(lines) + "\n" + MIDDLE + "\n".join(proved) + "\n" + FOOT


def main() -> int:
    """Write the document; 0 when every test passed."""
    known, said = checks(), results()
    DOCUMENT.write_text(written(known, said), encoding="utf-8")
    failed = [check.name for check in known if said.get(check.name) != "passed"]
    print(f"{DOCUMENT.relative_to(ROOT)}: {len(known) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
