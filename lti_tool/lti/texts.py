"""Words that come from an LMS: made harmless and short enough before anyone stores or shows them."""

import html
import re
import unicodedata

# Characters that turn the reading direction of everything after them, hide, or break a database's text:
# a name made of them could imitate another person or garble the page around it.
_REMOVED = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]")
_TAGS = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_SPACES = re.compile(r"\s+")

SHORT_WORDS = 300


def clean(value: object, limit: int) -> str | None:
    """One line of text without control and bidi-override characters, at most `limit` characters.

    :return: None when `value` is not a string or nothing is left of it.
    """
    if not isinstance(value, str):
        return None
    kept = value[: limit * 20]
    if not kept.isprintable():  # nothing that is printable is removed, and hardly any text is not
        visible = _SPACES.sub(" ", _REMOVED.sub("", kept))
        kept = "".join(each for each in visible if unicodedata.category(each) not in ("Cc", "Cs"))
    elif "  " in kept:
        kept = _SPACES.sub(" ", kept)
    return kept.strip()[:limit].rstrip() or None


def identifier(value: object, limit: int = 255) -> str | None:
    """An id exactly as the LMS wrote it, or None when it cannot be kept as such.

    Ids are compared, never shown: shortening or cleaning one would make two things the same.
    """
    if not isinstance(value, str) or not value or len(value) > limit:
        return None
    if value.isprintable():
        return value
    return None if any(unicodedata.category(each) in ("Cc", "Cs") for each in value) else value


def id_in(said: dict, name: str) -> str | None:
    """An id that a service's answer names; some LMSs write their numbers as numbers."""
    value = said.get(name)
    return identifier(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def words_of(answer: object, limit: int = SHORT_WORDS) -> str:
    """What an LMS answered, as plain words for people: tags stripped, entities read, at most `limit` long."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    if not isinstance(text, str):
        return ""
    without_tags = _TAGS.sub(" ", text[:20_000])
    # Entities may hide tags of their own: what they spell is stripped as well.
    return clean(_TAGS.sub(" ", html.unescape(without_tags)), limit) or ""
