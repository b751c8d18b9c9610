"""docs/conformance.md says what the tests of the checklist and the data file say, no more and no less."""

import re

import pytest

from tools import conformance

NAMED_BY_THE_ISSUE = {
    "Moodle",
    "Canvas",
    "Blackboard",
    "Brightspace",
    "Sakai",
    "Open edX",
    "ILIAS",
    "Schoology",
    "Totara",
    "Chamilo",
    "itslearning",
}
INDEPENDENT = "tests/independent"


def rows() -> list[list[str]]:
    """The cells of each numbered row of the document."""
    text = conformance.DOCUMENT.read_text(encoding="utf-8")
    return [line.strip("| ").split(" | ") for line in text.splitlines() if re.match(r"\| \d+ \|", line)]


class TestTheChecklist:
    def test_has_a_test_for_every_number(self):
        assert {check.number for check in conformance.checks()} == set(conformance.NUMBERS)

    def test_has_a_sentence_for_each(self):
        assert [check.name for check in conformance.checks() if not check.what] == []

    def test_has_no_name_twice(self):
        names = [check.name for check in conformance.checks()]
        assert len(names) == len(set(names))


class TestTheDocument:
    def test_is_what_make_conformance_writes_when_every_test_passes(self):
        """Whether each passes, the tests say in this very gate."""
        known = conformance.checks()
        passed = {check.name: "passed" for check in known}
        assert conformance.DOCUMENT.read_text(encoding="utf-8") == conformance.written(known, passed)

    def test_has_each_number_once(self):
        assert [int(row[0]) for row in rows()] == list(conformance.NUMBERS)

    def test_names_each_test_beside_its_number(self):
        named = {(int(row[0]), name) for row in rows() for name in re.findall(r"`(test_cert_\w+)`", row[2])}
        assert named == {(check.number, check.name) for check in conformance.checks()}

    def test_tells_a_test_that_failed_and_one_that_did_not_run(self):
        one, other, *_ = conformance.checks()
        text = conformance.written([one, other], {one.name: "failed"})
        assert f"| `{one.name}` | failed |" in text and f"| `{other.name}` | not run |" in text
        assert "| 3 | | | no test |" in text


class TestWhatIsSaidOfAnLms:
    def test_is_said_of_each_once(self):
        names = [one.name for one in conformance.products()]
        assert sorted(names) == sorted(NAMED_BY_THE_ISSUE)

    @pytest.mark.parametrize("product", conformance.products(), ids=lambda one: one.name)
    def test_has_its_tests_or_says_that_it_never_ran(self, product):
        assert (product.how == "never") == (product.tests == ())
        for test in product.tests:
            place = conformance.ROOT / test
            files = place.rglob("*.py") if place.is_dir() else [place]
            text = "".join(file.read_text(encoding="utf-8") for file in files).lower()
            assert product.name.lower().replace(" ", "") in text.replace(" ", "")

    def test_says_that_code_of_an_lms_ran_where_the_tests_that_run_it_are(self):
        here = (conformance.ROOT / INDEPENDENT).is_dir()
        ran = {one.name for one in conformance.products() if one.how == "run"}
        assert ran == ({"Open edX"} if here else set())
