"""What went on at the LMS's door while scores were sent: by it one can say whether the tool did right."""

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from lti_tool.models import ScoreDelivery

# As far as an LMS keeps decimals.
A_SHARE = Fraction(1, 10_000)


@dataclass
class Typed:
    """What somebody in the LMS has put into a cell; `share` of the maximum, None when they emptied it."""

    share: Fraction | None
    at: int
    may_be_replaced: bool = False


@dataclass
class Posted:
    """A score that the LMS stored; `asked_again`: it was already clear then that another one follows."""

    value: object
    at: int
    asked_again: bool


@dataclass
class Journal:
    """What went on in the column, in order; every moment is a number."""

    moment: int = 0
    theirs: dict[str, Typed] = field(default_factory=dict)  # what stands in the LMS and is not ours
    ever_typed: dict[str, list[Fraction | None]] = field(default_factory=dict)
    replaced: dict[str, Fraction] = field(default_factory=dict)  # what ours went over by a decision
    asked_at: dict[str, int] = field(default_factory=dict)
    read_at: dict[int, int] = field(default_factory=dict)  # when each worker last began to read
    last_posted: dict[str, Posted] = field(default_factory=dict)
    overwritten: list[str] = field(default_factory=list)  # readable, and nobody had decided
    repeats: int = 0
    said: list[str] = field(default_factory=list)

    def tick(self, what: str) -> int:
        """Note that something happened; return when."""
        self.moment += 1
        self.said.append(f"{self.moment} {what}")
        return self.moment

    def typed(self, key: str, share: Fraction | None, *, was_ours: bool) -> None:
        """A teacher changed a cell.

        :param was_ours: the tool has recorded that the LMS has a score there. Of one that arrived and is not
            recorded yet it may never learn: emptied, that cell may be held, and may be written as well. To
            empty one that had none changes nothing.
        """
        at = self.tick(f"typed {key} {share} (was ours: {was_ours})")
        self.ever_typed.setdefault(key, []).append(share)
        before = self.theirs.pop(key, None)
        # A decision about a value holds for the same value typed once more: nobody can tell the two apart.
        decided = before is not None and before.may_be_replaced and before.share == share
        if share is not None or was_ours:
            self.theirs[key] = Typed(share, at, may_be_replaced=decided)
        elif key in self.last_posted:
            self.theirs[key] = Typed(share, at, may_be_replaced=True)

    def decided(self, key: str, seen: Fraction | None) -> None:
        """A trainer wants ours over exactly what was seen."""
        self.asked(key)
        stands = self.theirs.get(key)
        if stands is not None and is_same(stands.share, seen):
            stands.may_be_replaced = True

    def asked(self, *keys: str) -> None:
        """A trainer wants these to be sent."""
        self.asked_at |= dict.fromkeys(keys, self.tick(f"asked {keys}"))

    def stored(self, worker: int, key: str, value: object, *, asked_again: bool) -> None:
        """The LMS stored a score of ours."""
        before = self.last_posted.get(key)
        at = self.tick(f"stored {key} {value} by {worker} (asked again: {asked_again})")
        if before and before.value == value and not before.asked_again and self.asked_at[key] < before.at:
            self.repeats += 1
        self.last_posted[key] = Posted(value, at, asked_again)
        stood = self.theirs.pop(key, None)
        if stood is None:
            return
        if stood.may_be_replaced and stood.share is not None:
            self.replaced[key] = stood.share
        elif not stood.may_be_replaced and stood.at < self.read_at[worker]:
            self.overwritten.append(f"{key}: {stood}, read at {self.read_at[worker]}, posted at {at}")

    def column_is_gone(self) -> None:
        """Everything in it is gone too."""
        self.tick("deleted")
        for forgotten in (self.theirs, self.last_posted, self.replaced):
            forgotten.clear()


def is_same(one: Fraction | None, other: Fraction | None) -> bool:
    """Tell whether two shares are the same grade, as far as an LMS keeps decimals."""
    return one is other if one is None or other is None else abs(one - other) < A_SHARE


def share_of(value: float | Decimal, maximum: float | Decimal) -> Fraction:
    """Return a value as a share of its maximum."""
    return Fraction(value) / Fraction(maximum)


def share_seen(cell: ScoreDelivery) -> Fraction | None:
    """Return what a held cell shows of the LMS, None for nothing."""
    return None if cell.theirs_empty else share_of(cell.theirs_value, cell.theirs_maximum)
