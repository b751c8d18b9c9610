"""Every code that a page may be handed has a sentence of its own."""

import re
from types import SimpleNamespace

import pytest

from lti_tool.errors import LaunchRefused
from lti_tool.grading.facts import Kind
from lti_tool.grading.ledger import Reason
from lti_tool.models import Role
from lti_tool.notices import NOTICES
from lti_tool.services.problems import Problem
from tests.unit.templates.sheets import ROOT, macros

DETAIL = {
    "base": "8",
    "quality": "0.5",
    "factor": "0.5",
    "words": 3,
    "minimum": 15,
    "overlap": 90,
    "limit": 80,
    "cap": "50",
    "value": "10",
    "kept": "6",
}
REFUSALS = re.compile(r"LaunchRefused\(\s*\"([a-z-]+)\"")


def said(macro, *arguments):
    return str(macro(*arguments)).strip()


def reason_sentence(reason):
    line = SimpleNamespace(reason=reason, detail=DETAIL)
    return said(macros("components/reasons.html").reason_sentence, line)


def refusal_codes():
    found = set()
    for path in (ROOT / "lti_tool").rglob("*.py"):
        found.update(REFUSALS.findall(path.read_text(encoding="utf-8")))
    return sorted(found)


class TestAReason:
    def test_has_a_sentence_of_its_own(self):
        sentences = [reason_sentence(reason) for reason in Reason]
        assert all(sentences)
        assert len(set(sentences)) == len(sentences)

    def test_names_its_numbers(self):
        assert "3 words" in reason_sentence(Reason.TOO_SHORT)
        assert "90 %" in reason_sentence(Reason.NEAR_COPY)
        assert "6 of its 10" in reason_sentence(Reason.OVER_PERIOD_CAP)


class TestAKindOfContribution:
    def test_has_a_name_of_its_own(self):
        names = [said(macros("components/reasons.html").graded_kind, kind) for kind in Kind]
        assert len(set(names)) == len(names)


class TestAProblemOfTheLms:
    def test_has_a_sentence_of_its_own(self):
        sentences = [said(macros("components/problems.html").problem_words, one.value) for one in Problem]
        assert len(set(sentences)) == len(sentences)

    def test_shows_the_words_of_the_lms_as_text(self):
        line = said(macros("components/problems.html").problem_line, "score-refused", "<b>no</b>")
        assert "&lt;b&gt;no&lt;/b&gt;" in line


class TestANotice:
    @pytest.mark.parametrize("code", sorted(NOTICES))
    def test_says_what_was_done(self, code):
        assert said(macros("components/notices.html").notice_text, code)

    def test_is_silent_for_an_unknown_code(self):
        assert said(macros("components/notices.html").notice_text, "free-money") == ""


class TestARole:
    def test_has_a_name_of_its_own(self):
        names = [said(macros("components/person.html").role_label, role) for role in Role]
        assert len(set(names)) == len(names)


class TestARefusedLaunch:
    @pytest.mark.parametrize("code", refusal_codes())
    def test_says_what_happened_and_what_to_do(self, code):
        reasons = macros("lti/_reasons.html")
        group = said(reasons.reason_group, LaunchRefused(code).code)
        for macro in (reasons.refusal_title, reasons.refusal_explanation, reasons.refusal_steps):
            assert said(macro, group)

    @pytest.mark.parametrize(
        ("code", "group"),
        [
            ("expired", "expired"),
            ("state-expired", "expired"),
            ("launch-replayed", "replayed"),
            ("state-other-browser", "browser"),
            ("login-unknown-issuer", "unknown-platform"),
            ("deployment-waiting", "waiting"),
            ("anonymous", "anonymous"),
            ("signature-wrong", "signature"),
            ("keys-unavailable", "unreachable"),
            ("target-foreign", "target"),
            ("removed-by-staff", "removed"),
            ("version-wrong", "malformed"),
        ],
    )
    def test_is_told_apart_where_people_can_do_something_else(self, code, group):
        assert said(macros("lti/_reasons.html").reason_group, code) == group

    def test_has_words_of_its_own_for_each_group(self):
        reasons = macros("lti/_reasons.html")
        groups = {said(reasons.reason_group, code) for code in refusal_codes()}
        assert len({said(reasons.refusal_title, group) for group in groups}) == len(groups)


class TestSomebodyWithoutAName:
    def test_is_called_by_number(self):
        person = SimpleNamespace(name=None, number=12)
        assert said(macros("components/person.html").name, person) == "<bdi>Member 12</bdi>"

    def test_and_a_hostile_name_stays_text(self):
        person = SimpleNamespace(name="<script>x</script>", number=3)
        assert (
            said(macros("components/person.html").name, person) == "<bdi>&lt;script&gt;x&lt;/script&gt;</bdi>"
        )
