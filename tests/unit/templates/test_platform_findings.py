"""Every finding of a health check has a sentence on the pages, and those that are wrong have a remedy."""

from lti_tool.services.platform_checks import CODES, WORTH_A_LOOK, Finding
from tests.unit.templates.sheets import macros

WRONG = frozenset(
    {
        "suspended",
        "address-unsafe",
        "keys-unusable",
        "keys-unreachable",
        "token-refused",
        "token-unreachable",
        "clock-differs",
        "deployments-waiting",
        "columns-refused",
        "roster-refused",
        "check-failed",
        *WORTH_A_LOOK,
    }
)


def said(name: str, finding: Finding) -> str:
    return str(getattr(macros("components/platform_checks.html"), name)(finding)).strip()


class TestAFinding:
    def test_has_a_sentence_of_its_own(self):
        sentences = {said("finding_sentence", Finding(code, True, "3")) for code in CODES}
        assert all(sentences)
        assert len(sentences) == len(CODES)

    def test_that_is_wrong_has_a_remedy(self):
        assert set(CODES) > WRONG
        for code in WRONG:
            assert said("finding_remedy", Finding(code, False, "3")), code

    def test_is_told_with_what_was_seen(self):
        assert "invalid_client" in said(
            "finding_sentence", Finding("token-refused", False, "token-refused: invalid_client")
        )
