"""French is complete: every text of the templates and the code, and the compiled file says the same."""

import io
import re
from functools import cache

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.unit.templates.sheets import ROOT, TEMPLATES

FOLDER = ROOT / "lti_tool" / "translations"
LANGUAGES = ["fr"]
# As tools/translations.py tells pybabel.
KEYWORDS = DEFAULT_KEYWORDS | {"lazy_gettext": None, "_l": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|%%")


def folder_of(language):
    return FOLDER / language / "LC_MESSAGES"


@cache
def written(language):
    return read_po(io.BytesIO((folder_of(language) / "messages.po").read_bytes()), locale=language)


def texts_of(message):
    """Return pairs of an English form and a translation that has to hold the same values."""
    if isinstance(message.id, tuple):
        return [(message.id[-1], translated) for translated in message.string]
    return [(message.id, message.string)]


def in_plain_words(catalogue):
    """Return the messages of a catalogue, whichever sequences the two readers make of plurals."""
    return {repr(tuple(m.id)) if m.pluralizable else m.id: list(m.string) for m in catalogue if m.id}


METHODS = [("**.html", "jinja2"), ("mails/**.txt", "jinja2"), ("push/**.txt", "jinja2")]


@cache
def texts_in_use():
    """Every text that a template or the code asks gettext for."""
    found = [
        *extract_from_dir(str(TEMPLATES), method_map=METHODS, keywords=KEYWORDS),
        *extract_from_dir(str(ROOT / "lti_tool"), method_map=[("**.py", "python")], keywords=KEYWORDS),
    ]
    return {message for _, _, message, *_ in found}


@pytest.mark.parametrize("language", LANGUAGES)
class TestACatalogue:
    def test_holds_exactly_the_texts_in_use(self, language):
        known = {message.id for message in written(language) if message.id}
        assert texts_in_use() - known == set(), "run `make translations` and translate these"
        assert known - texts_in_use() == set(), "run `make translations`"

    def test_translates_every_text(self, language):
        empty = [one.id for one in written(language) if one.id and not all(text for _, text in texts_of(one))]
        assert empty == []

    def test_has_no_guess_left_over(self, language):
        assert [message.id for message in written(language) if message.id and message.fuzzy] == []

    def test_loses_no_value(self, language):
        wrong = [
            (english, translated)
            for message in written(language)
            if message.id
            for english, translated in texts_of(message)
            if set(PLACEHOLDER.findall(translated)) - set(PLACEHOLDER.findall(english))
            or set(PLACEHOLDER.findall(english)) - set(PLACEHOLDER.findall(translated)) - {"%(num)s"}
        ]
        assert wrong == []

    def test_is_compiled_as_it_is_written(self, language):
        compiled = read_mo(io.BytesIO((folder_of(language) / "messages.mo").read_bytes()))
        assert in_plain_words(compiled) == in_plain_words(written(language))


class TestFrench:
    def test_keeps_its_punctuation_with_its_word(self):
        torn = [
            translated
            for message in written("fr")
            if message.id
            for _, translated in texts_of(message)
            if re.search(r" [:;?!»]|« ", translated) or re.search(r"(?<!\d) %%", translated)
        ]
        assert torn == []

    def test_uses_curly_apostrophes(self):
        straight = [
            translated
            for message in written("fr")
            if message.id
            for _, translated in texts_of(message)
            if "'" in translated
        ]
        assert straight == []
