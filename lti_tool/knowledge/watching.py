"""Which of some words and phrases a text has, whatever their case and accents, as whole words."""

import re
from collections.abc import Iterable, Sequence

from lti_tool.knowledge.folding import folded

MOST = 200  # words and phrases that a community watches for


def phrases_of(written: str | None) -> list[str]:
    """Return the phrases that somebody wrote, one a line, each once, as they wrote them; MOST at most."""
    lines = (" ".join(line.split()) for line in (written or "").splitlines())
    named = {folded(line): line for line in reversed(list(lines)) if line}
    return list(reversed(named.values()))[:MOST]


def found_in(texts: Iterable[str], phrases: Sequence[str]) -> list[str]:
    """Return those of these phrases that stand in a text, as they were written, in their order."""
    said = " ".join(" ".join(folded(text).split()) for text in texts)
    return [phrase for phrase in phrases if _pattern(phrase).search(said)]


def _pattern(phrase: str) -> re.Pattern[str]:
    """A whole phrase: what touches it is no letter and no digit, so that "con" is not found in "conseil"."""
    return re.compile(rf"(?<!\w){re.escape(folded(phrase))}(?!\w)")
