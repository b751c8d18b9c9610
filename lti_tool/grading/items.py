"""From facts to items: the present state of each contribution, and what it would bring on its own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from .exact import short_text
from .facts import Act, Fact, Kind, Praise
from .ledger import Reason
from .policy import KindRule, Policy


@dataclass(frozen=True)
class Item:
    """One contribution as its facts leave it: measures of the last edit, date of the first writing."""

    subject: str
    title: str
    kind: Kind
    at: datetime
    words: int | None
    copied: Fraction | None
    answers_self: bool
    quality: Fraction
    lateness: Fraction
    helped: int | None = None
    prompt: str | None = None
    praise: Praise | None = None
    removed: bool = False


@dataclass(frozen=True)
class Worth:
    """What an item brings before limits and cap, with the reason."""

    value: Fraction
    reason: Reason
    detail: dict[str, int | str]

    @property
    def stands(self) -> bool:
        """Whether no rule lets the item count for nothing, however little it may bring."""
        return self.reason in _STANDING


_STANDING = frozenset({Reason.COUNTED, Reason.RATED, Reason.LATE})


def items_from(facts: Iterable[Fact]) -> list[Item]:
    """Fold facts, given in the order in which they happened, into items in order of first writing.

    Facts on a subject that was never written make no item; a second WRITTEN changes nothing.
    What is removed takes along what was received for it.
    """
    items: dict[str, Item] = {}
    for fact in facts:
        if not fact.act.is_about_a_contribution:
            continue
        if fact.subject in items:
            items[fact.subject] = _after(items[fact.subject], fact)
        elif fact.act is Act.WRITTEN:
            items[fact.subject] = _first(fact)
    gone = {item.subject for item in items.values() if item.removed}
    return [
        replace(item, removed=True) if item.praise and item.praise.about in gone else item
        for item in items.values()
    ]


def _first(fact: Fact) -> Item:
    return Item(
        subject=fact.subject,
        title=fact.title,
        kind=fact.kind,
        at=fact.at,
        words=fact.words,
        copied=fact.copied,
        answers_self=fact.answers_self,
        quality=Fraction(1),
        lateness=fact.lateness,
        helped=fact.helped,
        prompt=fact.prompt,
        praise=fact.praise,
    )


def _after(item: Item, fact: Fact) -> Item:
    if fact.act is Act.EDITED:
        return replace(
            item,
            title=fact.title or item.title,
            words=item.words if fact.words is None else fact.words,
            copied=item.copied if fact.copied is None else fact.copied,
        )
    if fact.act in (Act.HIDDEN, Act.DELETED):
        return replace(item, removed=True)
    if fact.act is Act.RESTORED:
        return replace(item, removed=False)
    # The trainer marks what the member wrote; what was received from others always counts in full.
    if fact.act is Act.MARKED and item.kind.is_contribution:
        return replace(item, quality=Fraction(1) if fact.quality is None else fact.quality)
    return item


def worth_of(item: Item, policy: Policy) -> Worth:
    """Return what ``item`` brings by itself: v = w × q × d, or nothing and the first rule that says so."""
    rule = policy.rules.get(item.kind)
    if rule is None:
        return _nothing(Reason.NOT_IN_POLICY)
    if item.removed:
        return _nothing(Reason.REMOVED)
    if item.answers_self:
        return _nothing(Reason.OWN_THREAD)
    if rule.min_words is not None and (item.words or 0) < rule.min_words:
        return _nothing(Reason.TOO_SHORT, words=item.words or 0, minimum=rule.min_words)
    if item.copied is not None and item.copied >= policy.copy_threshold:
        return _nothing(
            Reason.NEAR_COPY, overlap=_percent(item.copied), limit=_percent(policy.copy_threshold)
        )
    return _weighed(item, rule)


def _weighed(item: Item, rule: KindRule) -> Worth:
    value = rule.base * item.quality * item.lateness
    detail: dict[str, int | str] = {"base": short_text(rule.base)}
    if item.quality != 1:
        detail["quality"] = short_text(item.quality)
    if item.lateness != 1:
        detail["factor"] = short_text(item.lateness)
    if item.quality == 0:
        return Worth(value, Reason.RATED_ZERO, detail)
    if item.lateness != 1:
        return Worth(value, Reason.LATE, detail)
    return Worth(value, Reason.COUNTED if item.quality == 1 else Reason.RATED, detail)


def _nothing(reason: Reason, **detail: int | str) -> Worth:
    return Worth(Fraction(0), reason, detail)


def _percent(share: Fraction) -> int:
    return int(share * 100)
