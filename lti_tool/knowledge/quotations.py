"""Quoting somebody: their own words, as a quotation in Markdown."""

import re

from .cleaning import whole_characters

# A longer quotation is a copy: whoever wants the rest finds it above.
LONGEST = 600
_QUOTED = re.compile(r"^\s{0,3}>.*$", re.MULTILINE)
_GAPS = re.compile(r"\n\s*\n+")


def quotation(markdown: str) -> str:
    """Return what somebody wrote as a quotation with an empty line after it, "" when nothing is theirs.

    What they quoted themselves is left out, and what is long is cut at a word.
    """
    own = _GAPS.sub("\n\n", _QUOTED.sub("", markdown)).strip()
    if not own:
        return ""
    return "\n".join(f"> {line}".rstrip() for line in _cut(own).split("\n")) + "\n\n"


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    cut = max(text.rfind(space, LONGEST // 2, LONGEST) for space in " \n")
    return text[: cut if cut > 0 else whole_characters(text, LONGEST)].rstrip() + " …"
