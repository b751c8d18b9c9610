"""No visible text of a template goes past the catalogue: what stands there unmarked is read by nobody."""

import re

import pytest

from tests.unit.templates.sheets import environment, sources

# Names, which no language changes, what is typed into a terminal, and attributes that stand alone.
NAMES = frozenset(
    [
        *("Community", "Value", "PDF", "iss", "https"),
        *("Moodle", "Canvas", "Brightspace", "Blackboard", "Sakai", "ILIAS"),
        *("lti", "tool", "platforms", "succeed", "admins", "add"),
        *("autofocus", "hidden"),
    ]
)
# What its first macro says is a name for the second, which has the sentences.
NAMES_OF_CAUSES = "lti/_reasons.html"
SHOWN_ATTRIBUTES = re.compile(r'\b(?:title|alt|placeholder|aria-label|aria-description)="([^"]*)"')
# Between two things that a template puts in.
GAP = "\0"
CODE = re.compile(r"<(code|kbd|script|style)\b.*?</\1>|<!--.*?-->", re.DOTALL)
# A word of a sentence, not of an attribute that a macro or a branch writes by itself.
WORD = re.compile(r"(?<![\w\-=\"/.#])[A-Za-zÀ-ÿ]{2,}(?![\w\-=\"/.#])")


def unmarked_words(source: str) -> list[str]:
    """Return the words that a template shows without asking for them in the reader's language."""
    pieces = (text if kind == "data" else GAP for _, kind, text in environment().lex(source))
    markup = CODE.sub("", "".join(pieces))
    shown = [re.sub(r"<[^>]*>", "\n", markup), *SHOWN_ATTRIBUTES.findall(markup)]
    return [word for text in shown for word in WORD.findall(text) if word not in NAMES]


class TestVisibleText:
    @pytest.mark.parametrize("template", sorted(set(sources()) - {NAMES_OF_CAUSES}))
    def test_is_asked_for_in_the_readers_language(self, template):
        assert unmarked_words(sources()[template]) == []

    @pytest.mark.parametrize(
        "source", ["<p>Nothing yet</p>", '<a title="Open it">{{ icon("x") }}</a>', "{% if a %}Yes{% endif %}"]
    )
    def test_that_is_not_is_found(self, source):
        assert unmarked_words(source)

    def test_of_the_catalogue_is_left_alone(self):
        assert unmarked_words('<p class="soft">{{ _("Nothing yet") }}</p>') == []
