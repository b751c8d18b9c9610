"""What the forms of the kinds ask beside title and text, and how all of it becomes the words of a post.

`Post.body` holds every word, so that search, word counts, excerpts and the history need to know no kind;
`Post.parts` keeps the fields apart where a form has several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

EXPERIENCE_PARTS = ("situation", "tried", "result", "advice")
LEAST_OPTIONS, MOST_OPTIONS = 2, 10
OPTION_FIELDS = tuple(f"option_{number}" for number in range(1, MOST_OPTIONS + 1))
# What else the forms of the kinds have, by name: to be kept with a text.
FIELDS_OF_KINDS = (
    "kind",
    "link",
    *OPTION_FIELDS,
    "multiple",
    "anonymous",
    "results",
    "closes_at",
    "pinned_until",
)


@dataclass(frozen=True)
class ExperienceForm:
    """An experience report by its parts: situation, tried, result, advice ("" for none)."""

    parts: Mapping[str, str]


@dataclass(frozen=True)
class ResourceForm:
    """Where a resource leads; without an address it is the files that come with it."""

    link: str | None


@dataclass(frozen=True)
class PollForm:
    """What a poll asks; None, when it is edited: as it is. `closes_at` is by the community's clock."""

    options: tuple[str, ...] | None
    multiple: bool | None
    anonymous: bool | None
    results: str | None  # a models.ResultsShown value
    closes_at: datetime | None


@dataclass(frozen=True)
class AnnouncementForm:
    """The last day on which an announcement stands on top of the home page; None: it does not."""

    pinned_until: date | None


KindForm = ExperienceForm | ResourceForm | PollForm | AnnouncementForm


def carried_over(typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed in the form of one kind as the form of another shows it: no word is lost."""
    told = [typed[name].strip() for name in EXPERIENCE_PARTS if typed.get(name, "").strip()]
    body = typed.get("body", "").strip()
    if typed.get("kind") == "experience":
        return {**typed, "situation": body} if body and not told else dict(typed)
    return {**typed, "body": "\n\n".join(told)} if told and not body else dict(typed)


def told_in(typed: Mapping[str, str]) -> str:
    """Return the text that a form holds, whatever its kind."""
    told = [typed.get(name, "").strip() for name in ("body", *EXPERIENCE_PARTS)]
    return "\n\n".join(part for part in told if part)


def experience_words(form: ExperienceForm) -> tuple[str, dict]:
    """Return body and parts of an experience report."""
    told = {name: form.parts[name] for name in EXPERIENCE_PARTS if form.parts.get(name)}
    return "\n\n".join(told.values()), told


def resource_words(body: str, form: ResourceForm) -> tuple[str, dict | None]:
    """Return body and parts of a resource: the address stands in its history, too."""
    return body, {"link": form.link} if form.link else None


def poll_words(text: str, options: Sequence[str]) -> tuple[str, dict]:
    """Return body and parts of a poll, whose answers are words of it as well."""
    answers = "\n".join(f"- {label}" for label in options)
    return "\n\n".join(part for part in (text, answers) if part), {"text": text}
