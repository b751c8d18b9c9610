"""Every reason of the model is said in both languages, through the real template, with its numbers."""

from types import SimpleNamespace

import jinja2
import pytest
from babel.support import Translations

from lti_tool.grading.ledger import Reason
from tests.unit.templates.sheets import ROOT, TEMPLATES

# What the model tells of each reason (grading.score): the numbers that its sentence must name.
DETAIL = {
    Reason.COUNTED: {"base": "8"},
    Reason.RATED: {"base": "8", "quality": "1.25"},
    Reason.LATE: {"base": "8", "factor": "0.71"},
    Reason.TOO_SHORT: {"words": 3, "minimum": 15},
    Reason.NEAR_COPY: {"overlap": 91, "limit": 80},
    Reason.OWN_THREAD: {},
    Reason.REMOVED: {},
    Reason.RATED_ZERO: {"base": "8", "quality": "0"},
    Reason.OVER_KIND_LIMIT: {"limit": 4, "value": "8"},
    Reason.OVER_DAILY_LIMIT: {"limit": 4, "value": "8"},
    Reason.OVER_PERIOD_CAP: {"cap": "50", "value": "8", "kept": "6"},
    Reason.OUTSIDE_PERIOD: {},
    Reason.NOT_IN_POLICY: {},
    Reason.EXCUSED_PERIOD: {},
    Reason.OVER_REPLY_WINDOW: {"value": "8", "kept": "3"},
    Reason.BY_STAFF: {},
    Reason.SAME_GIVER_AND_ITEM: {},
    Reason.OVER_GIVER_LIMIT: {"limit": 3},  # one is said in a word
    Reason.OVER_PAIR_LIMIT: {"limit": 2},
    Reason.RETURNED: {"base": "3", "factor": "0.5"},
}
# Told for the record; the sentence says enough without it.
UNSAID = {Reason.COUNTED: {"base"}, Reason.RATED_ZERO: {"base", "quality"}}
UNSAID |= dict.fromkeys((Reason.OVER_KIND_LIMIT, Reason.OVER_DAILY_LIMIT), {"value"})
LANGUAGES = ["en", "fr"]


def sentence(reason: Reason, language: str, detail: dict | None = None) -> str:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, extensions=["jinja2.ext.i18n"]
    )
    words = Translations.load(ROOT / "lti_tool" / "translations", [language])
    made.install_gettext_translations(words, newstyle=True)
    made.filters["points"] = str
    told = DETAIL[reason] if detail is None else detail
    line = SimpleNamespace(reason=reason, detail=told)
    return str(made.get_template("components/reasons.html").module.reason_sentence(line)).strip()


@pytest.mark.parametrize("reason", list(Reason))
class TestAReason:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_is_said_with_its_numbers(self, reason, language):
        said = sentence(reason, language)
        assert said.endswith(".")
        assert "%" not in said.replace(" %", "").replace("\u00a0%", "").replace("\u202f%", "")
        for name, value in DETAIL[reason].items():
            assert str(value) in said or name in UNSAID.get(reason, ()), name

    def test_is_said_in_the_reader_s_language(self, reason):
        assert sentence(reason, "fr") != sentence(reason, "en")


class TestTheReasons:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_are_told_apart(self, language):
        assert len({sentence(reason, language) for reason in Reason}) == len(Reason)

    def test_late_with_a_mark_names_all_three_numbers(self):
        said = sentence(Reason.LATE, "en", {"base": "8", "quality": "0.5", "factor": "0.71"})
        assert "8 × 0.5 × 0.71" in said
