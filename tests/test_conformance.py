"""docs/conformance.md says what the tests of the checklist say: no number missing, none failed."""

from lti_tool.lti import names
from tools import conformance

# The numbers of deep linking have tests once its request is answered.
OF_DEEP_LINKING = frozenset(range(55, 61))


def awaited() -> frozenset[int]:
    return OF_DEEP_LINKING if "LtiDeepLinkingRequest" in names.NOT_YET else frozenset()


class TestTheChecklist:
    def test_has_a_test_for_every_number(self):
        assert {check.number for check in conformance.checks()} == set(conformance.NUMBERS) - awaited()

    def test_has_a_sentence_for_each(self):
        assert [check.name for check in conformance.checks() if not check.what] == []


class TestTheDocument:
    def test_is_what_make_conformance_writes_when_every_test_passes(self):
        """Whether each passes, the tests say in this very gate."""
        known = conformance.checks()
        passed = {check.name: "passed" for check in known}
        assert conformance.DOCUMENT.read_text(encoding="utf-8") == conformance.written(known, passed)

    def test_tells_a_test_that_failed_and_one_that_did_not_run(self):
        one, other, *_ = conformance.checks()
        text = conformance.written([one, other], {one.name: "failed"})
        assert f"`{one.name}` | failed |" in text and f"`{other.name}` | not run |" in text
        assert "| 3 | | | no test |" in text
