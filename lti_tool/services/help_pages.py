"""The help inside the space: the guides of docs/guide, the very files, cut where a page can point at them.

In a guide `<!-- help: key -->` stands before the heading of each section. The key is the same in every
language; where the file is read elsewhere, nobody sees it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from lti_tool.errors import NotFound
from lti_tool.models import Role
from lti_tool.services.preferences import LANGUAGES
from lti_tool.settings import directory

FOLDER = "docs/guide"
# In the order in which they are offered; those of a role come first.
GUIDES = ("learner", "trainer", "community-manager")
PAGES = (*GUIDES, "whats-new", "accessibility")
_OF_ROLE = {
    Role.TRAINER: ("trainer", "learner", "community-manager"),
    Role.PEDAGOGICAL_LEAD: ("trainer", "community-manager", "learner"),
    Role.COMMUNITY_MANAGER: ("community-manager", "learner", "trainer"),
}

_TITLE = re.compile(r"\A# (.+)\n")
_MARK = re.compile(r"^<!-- help: ([a-z0-9-]+) -->\n(#{2,3}) (.+)\n", re.MULTILINE)
_PICTURE = re.compile(r"^!\[[^\]]*\]\([^)]*\)\n\n?", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)([^)\s]*)\)")


@dataclass(frozen=True)
class Section:
    """A part of a guide under its heading; `level` is 2, or 3 inside the section before it."""

    key: str
    level: int
    title: str
    text: str


@dataclass(frozen=True)
class Guide:
    """A guide in one language: what it says first, and its sections. Texts are Markdown."""

    name: str
    title: str
    introduction: str
    sections: tuple[Section, ...]


def of_role(role: Role, language: str) -> list[Guide]:
    """Return the guides for the members, those for this role first."""
    return [guide(name, language) for name in _OF_ROLE.get(role, GUIDES)]


def guide(name: str, language: str) -> Guide:
    """Return a guide, in English where there is none in this language.

    Pictures are left out: whoever reads it here has the pages themselves before them. Links into the
    repository are only named.

    :raises NotFound: there is no such guide.
    """
    if name not in PAGES:
        raise NotFound("no-such-guide")
    return _read(name, language if language in LANGUAGES else "en")


@lru_cache(maxsize=2 * len(PAGES))
def _read(name: str, language: str) -> Guide:
    written = (directory(FOLDER) / language / f"{name}.md").read_text(encoding="utf-8")
    title, text = _TITLE.match(written)[1], _TITLE.sub("", written, count=1)
    introduction, *parts = _MARK.split(_LINK.sub(r"\1", _PICTURE.sub("", text)))
    sections = [
        Section(key, len(hashes), heading, body.strip())
        for key, hashes, heading, body in zip(*(parts[first::4] for first in range(4)), strict=True)
    ]
    return Guide(name, title, introduction.strip(), tuple(sections))
