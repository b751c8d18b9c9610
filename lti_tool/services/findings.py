"""What `lti-tool doctor` finds: a sentence each, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    WELL = "well"
    NOTE = "note"  # worth knowing, nothing to do
    WARNING = "warning"  # works, but will not for ever, or not for everybody
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is there unless all is well."""

    level: Level
    subject: str
    sentence: str
    remedy: str | None = None


def well(subject: str, sentence: str) -> Finding:
    return Finding(Level.WELL, subject, sentence)


def note(subject: str, sentence: str, remedy: str) -> Finding:
    return Finding(Level.NOTE, subject, sentence, remedy)


def warning(subject: str, sentence: str, remedy: str) -> Finding:
    return Finding(Level.WARNING, subject, sentence, remedy)


def wrong(subject: str, sentence: str, remedy: str) -> Finding:
    return Finding(Level.WRONG, subject, sentence, remedy)
