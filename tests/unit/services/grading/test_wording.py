"""The sentence beside a score."""

import pytest

from lti_tool.models import ColumnKind
from lti_tool.services.wording import language_of, score_comment


class TestSayingHowFarTheTrainingIs:
    @pytest.mark.parametrize(
        ("language", "closed", "total", "sentence"),
        [
            ("en", 3, 8, "Provisional, 3 of 8 weeks"),
            ("en", 0, 1, "Provisional, 0 of 1 week"),
            ("fr", 3, 8, "Provisoire, 3 semaines sur 8"),
            ("fr", 1, 8, "Provisoire, 1 semaine sur 8"),
            ("fr", 0, 8, "Provisoire, 0 semaine sur 8"),
        ],
    )
    def test_it_names_the_closed_weeks(self, language, closed, total, sentence):
        assert score_comment(language, closed, total, final=False) == sentence

    @pytest.mark.parametrize(
        ("language", "kind", "sentence"),
        [
            ("en", ColumnKind.PROMPT, "Provisional, counted so far"),
            ("fr", ColumnKind.PROMPT, "Provisoire, compté jusqu’ici"),
            ("en", ColumnKind.ASSESSMENT, "Provisional"),
            ("fr", ColumnKind.ASSESSMENT, "Provisoire"),
        ],
    )
    def test_there_are_no_weeks_in_the_column_of_a_prompt_or_of_the_rubric(self, language, kind, sentence):
        assert score_comment(language, 0, 1, final=False, kind=kind) == sentence

    def test_the_last_one_is_called_final(self):
        assert score_comment("fr", 8, 8, final=True) == "Note définitive"


class TestChoosingALanguage:
    @pytest.mark.parametrize(
        ("locales", "language"),
        [
            (("fr-FR", "en"), "fr"),
            (("en_US",), "en"),
            ((None, "fr_CA"), "fr"),
            (("de", "fr"), "fr"),
            (("de",), "en"),
            ((), "en"),
            (("",), "en"),
        ],
    )
    def test_it_is_the_first_that_we_speak(self, locales, language):
        assert language_of(*locales) == language
