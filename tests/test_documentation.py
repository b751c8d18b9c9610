"""What the documentation points to is there, and what an operator may set is explained."""

import ast
import re
from pathlib import Path

import pytest

from lti_tool.models import Role
from lti_tool.permissions import Act
from tools import permissions

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s#]+)(#[^)\s]*)?\)")
LINK_WITH_ANCHOR = re.compile(r"\[[^\]]*\]\(([^)\s#]*)#([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.M)
SETTING_ROW = re.compile(r"^\| `LTI_TOOL_([A-Z_]+)` \| (.+) \|$", re.M)
FOREIGN = ("http://", "https://", "mailto:")


def anchors(page):
    """The addresses of a page's headings, as code hosts make them: small, no signs, hyphens for spaces."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in kept}


def settings_of_the_tool():
    """The names that configs/default.py sets, and the one that chooses the file beside it."""
    tree = ast.parse((ROOT / "configs" / "default.py").read_text(encoding="utf-8"))
    return {node.targets[0].id for node in tree.body if isinstance(node, ast.Assign)} | {"ENVIRONMENT"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
class TestAPage:
    def test_links_to_files_that_exist(self, page):
        targets = [target for target, _ in LINK.findall(page.read_text(encoding="utf-8"))]
        missing = [
            target
            for target in targets
            if not target.startswith(FOREIGN) and not (page.parent / target).exists()
        ]
        assert missing == []

    def test_links_to_headings_that_exist(self, page):
        missing = []
        for target, anchor in LINK_WITH_ANCHOR.findall(page.read_text(encoding="utf-8")):
            linked = page.parent / target if target else page
            if not target.startswith(FOREIGN) and linked.suffix == ".md" and anchor not in anchors(linked):
                missing.append(f"{target}#{anchor}")
        assert missing == []


@pytest.mark.parametrize("name", ["README.md", "docs/operate.md", "docs/operate.fr.md"])
class TestTheTableOfSettings:
    def test_every_setting_is_explained_once_and_none_is_made_up(self, name):
        rows = SETTING_ROW.findall((ROOT / name).read_text(encoding="utf-8"))
        assert sorted(setting for setting, _ in rows) == sorted(settings_of_the_tool())

    def test_what_must_be_set_is_named(self, name):
        rows = dict(SETTING_ROW.findall((ROOT / name).read_text(encoding="utf-8")))
        required = {setting for setting, said in rows.items() if "**" in said}
        assert required == {"BASE_URL", "SECRET_KEY", "KEY_ENCRYPTION_KEY"}


def is_command(words):
    """Tell whether the command line understands these words; what follows a command may be anything."""
    from lti_tool.cli import tool

    command = tool
    for word in words:
        if not hasattr(command, "commands"):
            return True
        if word not in command.commands:
            return False
        command = command.commands[word]
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
class TestCommands:
    def test_every_command_that_a_page_names_exists(self, page):
        text = page.read_text(encoding="utf-8")
        named = re.findall(r"(?:\blti-tool|^run|`run)((?: +[a-z]+){1,2})\b", text, re.M)
        assert [words for words in named if not is_command(words.split()[:2])] == []


class TestWhatTheToolAdvises:
    def test_every_command_that_a_sentence_of_ours_names_exists(self):
        """Remedies of the doctor, refusals, pages, unit files: whoever follows them must find the command."""
        folders = ("lti_tool", "templates", "configs", "deploy")
        files = [file for folder in folders for file in (ROOT / folder).rglob("*.*")]
        wrong = []
        for file in files:
            if file.suffix in (".py", ".html", ".yaml", ".service", ".example"):
                named = re.findall(r"\blti-tool((?: +[a-z]+){1,2})\b", file.read_text(encoding="utf-8"))
                wrong += [(file.name, words) for words in named if not is_command(words.split()[:2])]
        assert wrong == []


class TestTheTwoLanguagesOfOperating:
    def test_they_have_the_same_parts_and_the_same_commands(self):
        english, french = (
            (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("operate.md", "operate.fr.md")
        )
        assert len(HEADING.findall(english)) == len(HEADING.findall(french))
        commands = re.compile(r"^(?:run |lti-tool |systemctl |docker |pg_\w+ )\S+ ?\S*", re.M)
        assert [words.split()[:2] for words in commands.findall(english)] == [
            words.split()[:2] for words in commands.findall(french)
        ]


class TestThePermissions:
    def test_are_written_down_as_they_are(self):
        """`python -m tools.permissions` writes the document anew."""
        assert (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8") == permissions.page()

    def test_have_words_for_every_act_and_every_role(self):
        assert set(permissions.ACTS) == set(Act)
        assert set(permissions.ROLES) == set(Role)
