"""What happened: dated facts without any verdict, from which every score is computed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction

from .exact import exact


class Act(StrEnum):
    """What was done to a subject."""

    WRITTEN = "written"
    EDITED = "edited"
    HIDDEN = "hidden"
    RESTORED = "restored"
    DELETED = "deleted"
    MARKED = "marked"


class Kind(StrEnum):
    """What a subject is, as far as points go (letters of the model: Q, A, R, S, D, X, P, T)."""

    QUESTION = "question"
    ANSWER = "answer"
    EXPERIENCE = "experience"
    RESOURCE = "resource"
    ARTICLE = "article"
    ACCEPTED = "accepted"
    RECOGNITION = "recognition"
    DISTINCTION = "distinction"

    @property
    def is_contribution(self) -> bool:
        """Whether the member wrote it; the other kinds are received from others and are never marked."""
        return self not in _RECEIVED


_RECEIVED = frozenset({Kind.ACCEPTED, Kind.RECOGNITION, Kind.DISTINCTION})


class FactInvalid(ValueError):
    """A fact that cannot be true: a moment without a zone, a share outside 0..1, an inexact number."""


@dataclass(frozen=True)
class Fact:
    """One act on one subject by or for one member.

    ``subject`` names one thing that may bring points ("post:12"); an acceptance or a recognition is
    a subject of its own ("recognition:5"), never the contribution that it praises.
    ``at`` is an aware moment. ``words`` is the counted length and ``copied`` the largest overlap
    (0..1) with the parent or with an earlier contribution of one's own, both measured when written
    or edited; None on an edit keeps the earlier measure. ``quality`` belongs to MARKED (None takes
    the mark back), ``lateness`` (0..1, 1 on time), ``answers_self`` and ``helped`` to WRITTEN.
    ``title`` is for showing only.
    """

    id: int
    act: Act
    subject: str
    kind: Kind
    at: datetime
    words: int | None = None
    copied: Fraction | None = None
    answers_self: bool = False
    helped: int | None = None
    quality: Fraction | None = None
    lateness: Fraction = Fraction(1)
    title: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be true and hold every number as a Fraction. Raises FactInvalid."""
        if self.at.tzinfo is None or self.at.utcoffset() is None:
            raise FactInvalid(f"fact {self.id}: the moment has no time zone")
        if self.words is not None and self.words < 0:
            raise FactInvalid(f"fact {self.id}: a negative number of words")
        for name, highest in (("copied", 1), ("lateness", 1), ("quality", None)):
            self._hold_exactly(name, highest)

    def _hold_exactly(self, name: str, highest: int | None) -> None:
        given = getattr(self, name)
        if given is None and name != "lateness":
            return
        try:
            number = exact(given)
        except ValueError as problem:
            raise FactInvalid(f"fact {self.id}: {name} is {problem}") from problem
        if number < 0 or (highest is not None and number > highest):
            raise FactInvalid(f"fact {self.id}: {name} is out of range")
        object.__setattr__(self, name, number)

    def canonical(self) -> str:
        """Return the text that stands for this fact in a digest; the title, shown only, is left out."""
        return json.dumps(
            [
                self.id,
                self.act,
                self.subject,
                self.kind,
                self.at.astimezone(UTC).isoformat(),
                self.words,
                None if self.copied is None else str(self.copied),
                self.answers_self,
                self.helped,
                None if self.quality is None else str(self.quality),
                str(self.lateness),
            ],
            separators=(",", ":"),
        )


def known_at(facts: Iterable[Fact], as_of: datetime) -> list[Fact]:
    """Return the facts dated ``as_of`` or earlier, each once, in the order in which they happened."""
    distinct = {fact.canonical(): fact for fact in facts if fact.at <= as_of}
    return [
        distinct[text]
        for text in sorted(distinct, key=lambda text: (distinct[text].at, distinct[text].id, text))
    ]


def digest_of(facts: Iterable[Fact]) -> str:
    """Return the sha256 (hexadecimal) of these facts in this order."""
    return hashlib.sha256("\n".join(fact.canonical() for fact in facts).encode()).hexdigest()
