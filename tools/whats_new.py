"""Make the *What's new* pages of the help from the changelogs: what concerns the people in a course.

`python -m tools.whats_new` writes docs/guide/<language>/whats-new.md; a test says when that was forgotten.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?\n", re.MULTILINE)


@dataclass(frozen=True)
class Words:
    """How a changelog is called and worded in a language."""

    changelog: str
    title: str
    lead: str
    concerned: str
    unreleased: str
    to_come: str


LANGUAGES = {
    "en": Words(
        changelog="CHANGELOG.md",
        title="What’s new",
        lead="What changed for the people in a course, the newest first.",
        concerned="For people in a course",
        unreleased="Unreleased",
        to_come="In this version",
    ),
    "fr": Words(
        changelog="CHANGELOG.fr.md",
        title="Quoi de neuf",
        lead="Ce qui a changé pour les personnes d’un cours, le plus récent d’abord.",
        concerned="Pour les personnes d’un cours",
        unreleased="À venir",
        to_come="Dans cette version",
    ),
}


def page(language: str) -> str:
    """Return the Markdown of the page, with the marks that `services/help_pages` looks for."""
    words = LANGUAGES[language]
    parts = [f"# {words.title}\n\n{words.lead}\n"]
    for name, day, text in _releases((ROOT / words.changelog).read_text(encoding="utf-8")):
        entries = _entries(text, words.concerned)
        if not entries:
            continue
        key = "this-version" if name == words.unreleased else "version-" + re.sub(r"[^a-z0-9]+", "-", name)
        heading = words.to_come if name == words.unreleased else f"{name} · {day}"
        parts.append(f"<!-- help: {key} -->\n## {heading}\n\n" + "\n".join(entries) + "\n")
    return "\n".join(parts)


def _releases(text: str) -> list[tuple[str, str | None, str]]:
    _, *parts = RELEASE.split(text)
    return list(zip(parts[::3], parts[1::3], parts[2::3], strict=True))


def _entries(text: str, concerned: str) -> list[str]:
    """Return the points below the line that says whom they concern, each with its further lines."""
    found = re.search(rf"^{re.escape(concerned)}\n\n((?:(?:- |  ).*\n)+)", text, re.MULTILINE)
    return found[1].rstrip("\n").split("\n") if found else []


def points(language: str) -> list[int]:
    """Count the points of every release, for whoever compares the languages."""
    words = LANGUAGES[language]
    releases = _releases((ROOT / words.changelog).read_text(encoding="utf-8"))
    return [sum(line.startswith("- ") for line in _entries(text, words.concerned)) for *_, text in releases]


def main() -> None:
    for language in LANGUAGES:
        place = ROOT / "docs" / "guide" / language / "whats-new.md"
        place.write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()
