"""What happened: dated facts without any verdict, from which every score is computed."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from .exact import exact


class Act(StrEnum):
    """What was done to a subject; of marks, rubrics, excuses and deadlines the last one is in force."""

    WRITTEN = "written"
    EDITED = "edited"
    HIDDEN = "hidden"
    RESTORED = "restored"
    DELETED = "deleted"
    MARKED = "marked"
    SCHEDULED = "scheduled"
    EXCUSED = "excused"
    EXPECTED = "expected"
    RUBRIC = "rubric"

    @property
    def is_about_a_contribution(self) -> bool:
        """Whether it befell something that may bring points, and so has a kind; the others have none."""
        return self not in _AROUND


_AROUND = frozenset({Act.SCHEDULED, Act.EXCUSED, Act.EXPECTED, Act.RUBRIC})


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
    """A fact that cannot be true, as a moment without a zone, a share outside 0..1 or an inexact number."""


@dataclass(frozen=True)
class Praise:
    """Where something received came from: ``giver`` (a member's number), ``about`` (the subject praised).

    ``by_staff``: the giver was staff then. ``returns`` is the (aware) moment at which the receiver had
    last recognised something of the giver's, None when never before.
    """

    giver: int
    about: str | None = None
    by_staff: bool = False
    returns: datetime | None = None


@dataclass(frozen=True)
class Fact:
    """One act on one subject by or for one member.

    ``subject`` names one thing that may bring points ("post:12"); an acceptance or a recognition is
    a subject of its own ("recognition:5"), never the contribution that it praises.
    ``at`` is an aware moment. ``words`` is the counted length and ``copied`` the largest overlap
    (0..1) with the parent or with an earlier contribution of one's own, both measured when written
    or edited; None on an edit keeps the earlier measure. ``quality`` belongs to MARKED (None takes
    the mark back), ``lateness`` (0..1, a share fixed by hand, 1 on time), ``answers_self``,
    ``helped``, ``prompt`` (what it answers) and ``praise`` (of the received kinds) to WRITTEN.
    ``title`` is for showing only.

    Facts around contributions have no kind: SCHEDULED gives the prompt that is its subject a
    ``deadline`` (None takes it back) and ``opens`` says when that prompt opens: what nobody can
    answer yet is no part of any score, and no digest tells of it. EXCUSED and EXPECTED say whether
    the member is asked for anything in the ``period`` of that number, RUBRIC holds the trainer's
    assessment ``rubric`` (0..1, None takes it back).
    """

    id: int
    act: Act
    subject: str
    kind: Kind | None
    at: datetime
    words: int | None = None
    copied: Fraction | None = None
    answers_self: bool = False
    helped: int | None = None
    quality: Fraction | None = None
    lateness: Fraction = Fraction(1)
    title: str = ""
    prompt: str | None = None
    praise: Praise | None = None
    deadline: datetime | None = None
    period: int | None = None
    rubric: Fraction | None = None
    opens: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be true and hold every number as a Fraction. Raises FactInvalid."""
        for moment in (self.at, self.deadline, self.opens, self.praise and self.praise.returns):
            if moment is not None and moment.utcoffset() is None:
                raise FactInvalid(f"fact {self.id}: the moment has no time zone")
        if self.praise and self.praise.returns and self.praise.returns > self.at:
            raise FactInvalid(f"fact {self.id}: it returns what came later")
        if self.words is not None and self.words < 0:
            raise FactInvalid(f"fact {self.id}: a negative number of words")
        if self.act.is_about_a_contribution != (self.kind is not None):
            raise FactInvalid(f"fact {self.id}: only what is about a contribution has a kind")
        if self.act in (Act.EXCUSED, Act.EXPECTED) and self.period is None:
            raise FactInvalid(f"fact {self.id}: no period is named")
        for name, highest in (("copied", 1), ("lateness", 1), ("quality", None), ("rubric", 1)):
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
        """Return the text that stands for this fact in a digest.

        The title, shown only, is left out, and so is the opening: it says when the fact is in it.

        What the first release did not know is added only where there is any: the digests of what it
        knew stay the same.
        """
        return self._canonical

    @cached_property
    def _canonical(self) -> str:
        """Asked for twice in every statement: to put the facts in order, and for their digest."""
        told: list[object] = [
            self.id,
            self.act,
            self.subject,
            self.kind,
            _instant(self.at),
            self.words,
            None if self.copied is None else str(self.copied),
            self.answers_self,
            self.helped,
            None if self.quality is None else str(self.quality),
            str(self.lateness),
        ]
        later = {name: text for name, text in self._told_later().items() if text is not None}
        return json.dumps([*told, later] if later else told, separators=(",", ":"))

    def _told_later(self) -> dict[str, object]:
        praise = self.praise
        return {
            "prompt": self.prompt,
            "deadline": _instant(self.deadline),
            "period": self.period,
            "rubric": None if self.rubric is None else str(self.rubric),
            "praise": praise and [praise.giver, praise.about, praise.by_staff, _instant(praise.returns)],
        }


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def known_at(facts: Iterable[Fact], as_of: datetime) -> list[Fact]:
    """Return the facts dated ``as_of`` or earlier, each once, in the order in which they happened.

    Those of a prompt come into play when it opens. Until then it may be moved, afterwards no more: what
    was known at a moment of the past stays the same.
    """
    distinct = {fact.canonical(): fact for fact in facts if fact.at <= as_of and _has_opened(fact, as_of)}
    return [
        distinct[text]
        for text in sorted(distinct, key=lambda text: (distinct[text].at, distinct[text].id, text))
    ]


def _has_opened(fact: Fact, as_of: datetime) -> bool:
    return fact.opens is None or fact.opens <= as_of


def digest_of(facts: Iterable[Fact]) -> str:
    """Return the sha256 (hexadecimal) of these facts in this order."""
    return hashlib.sha256("\n".join(fact.canonical() for fact in facts).encode()).hexdigest()
