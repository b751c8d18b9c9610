"""The presets of LMSs, and that the guides say the very same: whoever changes one has to change the other."""

import re
from pathlib import Path

import pytest

from lti_tool.knowledge import markdown
from lti_tool.lti.presets import GUIDES, OTHER, PRESETS, Ask, called, product_of
from lti_tool.lti.products import Tool
from lti_tool.services import guides

TOOL = Tool(guides.SAMPLE_TOOL, wants_mail=False)
CONNECT = Path(__file__).resolve().parents[3] / "docs" / "connect"
LANGUAGES = ("en", "fr")


def text_of(name: str, language: str) -> str:
    return (CONNECT / f"{name}.{language}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", PRESETS)
class TestAGuide:
    def test_names_every_field_of_the_form_with_its_value(self, key, language):
        preset, text = PRESETS[key], text_of(PRESETS[key].guide, language)
        missing = [value for value in preset.values(TOOL) if not self.stands_together(value, text)]
        assert not missing

    @staticmethod
    def stands_together(value, text: str) -> bool:
        """The label, and its value in the same line; of a pair in brackets any language's name will do."""
        translated = {"Keyset URL", "LTI 1.3", "Enter URL", "RS256"}
        lines = [line for line in text.splitlines() if value.label in line]
        lines = lines or [line for line in text.splitlines() if f"*{value.label}*" in line]
        return any(value.text in line or value.text in translated and line for line in lines)

    def test_names_every_address_that_follows(self, key, language):
        preset, text = PRESETS[key], text_of(PRESETS[key].guide, language)
        if preset.addresses is None:
            return
        found = preset.addresses.of("https://lms.example.org", "CLIENT_ID", "NUMBER")
        text = text.replace("https://moodle.example.org", "https://lms.example.org")
        wanted = (found.issuer, found.auth_url, found.token_url, found.jwks_url, found.token_audience)
        assert [url for url in wanted if url and url not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GUIDES)
class TestTheHelpOfTheConsole:
    def test_shows_the_same_text_with_our_own_addresses(self, name, language):
        title, text = guides.guide(name, language, "https://here.test", "/admin/help/")
        source = text_of(name, language)
        assert source.startswith(f"# {title}\n")
        assert guides.SAMPLE_TOOL not in text
        plain = re.sub(r"\[([^\]]+)\]\((?!http)[^)]*\)", r"\1", source)
        shown = re.sub(r"\[([^\]]+)\]\((?!http)[^)]*\)", r"\1", text)
        assert plain.replace(guides.SAMPLE_TOOL, "https://here.test").endswith(shown)

    def test_has_no_dead_link(self, name, language):
        _, text = guides.guide(name, language, "https://here.test", "/admin/help/")
        linked = re.findall(r'href="(/[^"]*)"', markdown.render(text))
        assert set(linked) <= {f"/admin/help/{one}" for one in GUIDES}
        assert "](" not in markdown.render(text)

    def test_says_at_its_top_how_it_was_proved(self, name, language):
        words = {"en": "**How this was proved:**", "fr": "**Comment cela a été prouvé"}[language]
        assert text_of(name, language).split("\n\n")[1].startswith(words)


class TestThePresets:
    def test_cover_every_lms_of_the_sheet(self):
        assert set(PRESETS) >= {
            *("moodle", "canvas", "canvas-beta", "canvas-test", "canvas-own", "blackboard", "brightspace"),
            *("sakai", "open-edx", "schoology", "ilias", "totara", "chamilo", "itslearning", "other"),
        }

    def test_ask_for_nothing_that_follows(self):
        for preset in PRESETS.values():
            assert (preset.addresses is None) == (Ask.ADDRESSES in preset.asks), preset.key
            if preset.addresses:
                used = "".join(str(part) for part in vars(preset.addresses).values())
                assert ("{host}" in used) == (Ask.HOST in preset.asks), preset.key
                assert ("{number}" in used) == (Ask.NUMBER in preset.asks), preset.key

    def test_are_known_by_what_a_platform_says_of_itself(self):
        assert product_of(None, "moodle", "https://x.example") == "moodle"
        assert product_of(None, "desire2learn", "https://x.example") == "brightspace"
        assert product_of("canvas-own", "whatever", "https://x.example") == "canvas"
        assert product_of(None, None, "https://canvas.instructure.com") == "canvas"
        assert product_of(None, None, "https://lms.example") == OTHER.key
        assert called("nothing") is OTHER
