"""What somebody typed into a form, whatever its fields are: kept as it is, to fill the form again."""

from collections.abc import Collection, Iterable, Mapping

from lti_tool.knowledge import mentions
from lti_tool.knowledge.cleaning import clean_text

# What a form carries for itself. It is made anew whenever the form is.
BOOKKEEPING = frozenset({"seat_token", "draft", "draft_version", "draft_page", "kept", "charter"})

Typed = dict[str, list[str]]


def typed(pairs: Iterable[tuple[str, str]], besides: Collection[str] = ()) -> Typed:
    """Return all that stands in a form by the names of its fields, without names of people mentioned in it.

    :param besides: what of the bookkeeping is wanted nevertheless.
    """
    found: Typed = {}
    for name, value in pairs:
        if name not in BOOKKEEPING or name in besides:
            found.setdefault(clean_text(name), []).append(mentions.stored(clean_text(value)))
    return found


def read(fields: Mapping[str, str | list[str]]) -> Typed:
    """Return fields as `typed` does, out of what may have been kept with one value each."""
    return {name: [value] if isinstance(value, str) else list(value) for name, value in fields.items()}


def first_of(fields: Typed, name: str) -> str:
    """Return the first value of a field, "" when there is none."""
    return next(iter(fields.get(name, ())), "")


def told(fields: Typed) -> list[str]:
    """Return what somebody put into words, but for the title: values of several words."""
    return [
        text for name, texts in fields.items() for text in texts if name != "title" and " " in text.strip()
    ]
