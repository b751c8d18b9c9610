"""The guides of docs/connect as the console shows them: the very files, with the addresses of this tool."""

import re
from functools import lru_cache

from lti_tool.errors import NotFound
from lti_tool.lti.presets import GUIDES
from lti_tool.settings import directory

FOLDER = "docs/connect"
LANGUAGES = ("en", "fr")
# What stands in the guides for the address of the tool.
SAMPLE_TOOL = "https://community.example.org"

_TITLE = re.compile(r"\A# (.+)\n")
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)([^)\s]*)\)")
_GUIDE_FILE = re.compile(r"([a-z-]+)\.(?:en|fr)\.md(?:#.*)?")


def guide(name: str, language: str, base_url: str, help_address: str) -> tuple[str, str]:
    """Return title and Markdown of a guide.

    :param help_address: where the console shows guides: the name of one follows it.
    :raises NotFound: there is no such guide.
    """
    if name not in GUIDES:
        raise NotFound("no-such-guide")
    title, text = _read(name, language if language in LANGUAGES else "en")
    text = _LINK.sub(lambda link: _link(link[1], link[2], help_address), text)
    return title, text.replace(SAMPLE_TOOL, base_url)


@lru_cache(maxsize=64)
def _read(name: str, language: str) -> tuple[str, str]:
    text = (directory(FOLDER) / f"{name}.{language}.md").read_text(encoding="utf-8")
    return _TITLE.match(text)[1], _TITLE.sub("", text, count=1)


def _link(words: str, target: str, help_address: str) -> str:
    """A link to another guide stays one; what else lies in the repository is only named."""
    named = _GUIDE_FILE.fullmatch(target)
    return f"[{words}]({help_address}{named[1]})" if named and named[1] in GUIDES else words
