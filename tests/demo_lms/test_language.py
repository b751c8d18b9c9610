import re
from pathlib import Path

import pytest

import demo_lms
from demo_lms.behaviour import GROUPS
from demo_lms.calls import WORDS
from demo_lms.french import FRENCH
from demo_lms.pages import PARTS

FOLDER = Path(demo_lms.__file__).parent
IN_TEMPLATES = re.compile(r"""_\('([^']+)'""")
IN_NOTICES = re.compile(r'notice\(\s*"([^"]+)",\s*(?:"([^"]+)"|told)')
TOLD = re.compile(r'told = "([^"]+)"')


def texts_in_use():
    found = {*WORDS} | {word for _, word in PARTS}
    for title, group in GROUPS:
        found |= {title, *group.values()}
    for template in (FOLDER / "templates").glob("*.html"):
        found.update(IN_TEMPLATES.findall(template.read_text("utf-8")))
    for module in FOLDER.glob("*.py"):
        source = module.read_text("utf-8")
        found.update(text for pair in IN_NOTICES.findall(source) for text in pair if text)
        found.update(TOLD.findall(source))
    return found


class TestTheFrenchTexts:
    def test_are_complete(self):
        assert texts_in_use() - set(FRENCH) == set()

    def test_fill_in_the_same_values(self):
        named = re.compile(r"%\(\w+\)s")

        assert [text for text in FRENCH if named.findall(text) != named.findall(FRENCH[text])] == []


class TestChoosingALanguage:
    @pytest.mark.parametrize(
        ("accepted", "language"), [("fr-FR,fr;q=0.9", "fr"), ("en-GB", "en"), ("de", "en"), ("", "en")]
    )
    def test_begins_with_the_browser_s(self, browser, accepted, language):
        answer = browser.client.get("/", headers={"Accept-Language": accepted})

        assert f'<html lang="{language}">' in answer.text

    def test_keeps_the_one_chosen(self, browser):
        browser.client.post("/language", data={"language": "fr", "back": "/quirks"})

        assert "Comment ce LMS se comporte" in browser.client.get("/quirks").text

    def test_knows_no_third_one(self, browser):
        browser.client.post("/language", data={"language": "de"})

        assert '<html lang="en">' in browser.client.get("/").text
