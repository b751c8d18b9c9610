"""What of a statement may go to the LMS at this moment, and why not (peers F.2, *State*; F.1).

This is the judgement alone: when a score is asked for, by whom, and what the LMS has already, are
others' business. That the final score is always sent by a person is one of them.
"""

from collections.abc import Container
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from .policy import Part, Policy


class Sending(StrEnum):
    """What is sent, or why nothing is."""

    PROVISIONAL = "provisional"
    FINAL = "final"
    ZERO = "zero"
    NOT_GRADED = "not_graded"
    EXCUSED = "excused"
    NEVER_CAME = "never_came"
    NOTHING_MEASURED = "nothing_measured"
    ASSESSMENT_MISSING = "assessment_missing"


class Judged(Protocol):
    """What the judgement looks at: a ``Statement``, or whatever was kept of one.

    ``parts`` are those that are weighed and available; ``excused_so_far``: every period that has begun is.
    """

    score: Decimal
    maximum: Decimal
    parts: Container[Part]
    has_contributions: bool
    final: bool
    excused_so_far: bool


@dataclass(frozen=True)
class Verdict:
    """What is sent: ``value`` (None: nothing). ``final`` makes it *Completed* in the LMS, else *InProgress*.

    ``without_assessment``: the policy weighs the trainer's assessment and there is none (yet); the
    comment beside the score says so.
    """

    sending: Sending
    value: Decimal | None = None
    final: bool = False
    without_assessment: bool = False


def verdict(
    judged: Judged,
    policy: Policy,
    *,
    sent_before: bool = False,
    zero_decided: bool = False,
    assessment_waived: bool = False,
) -> Verdict:
    """Judge what was computed under ``policy``.

    ``sent_before``: the LMS has a value of ours, which follows every change, down to zero.
    ``zero_decided``: a trainer wants an explicit zero, once the course is over, for those who never
    came. ``assessment_waived``: a trainer lets the final score go without the rubric. Nothing is
    ever sent of somebody of whom nothing is asked: not even the zero of a whole class.
    """
    if not policy.graded:
        return Verdict(Sending.NOT_GRADED)
    if _is_wholly_excused(judged, policy):
        return Verdict(Sending.EXCUSED)
    if not sent_before and not _came(judged):
        if judged.final and zero_decided:
            return Verdict(Sending.ZERO, Decimal("0.00"), final=True)
        return Verdict(Sending.NEVER_CAME)
    return _of_somebody_who_came(judged, policy, assessment_waived)


def _of_somebody_who_came(judged: Judged, policy: Policy, assessment_waived: bool) -> Verdict:
    missing = Part.ASSESSMENT in policy.weighed and Part.ASSESSMENT not in judged.parts
    if judged.final and missing and not assessment_waived:
        return Verdict(Sending.ASSESSMENT_MISSING, without_assessment=True)
    if not judged.parts:
        return Verdict(Sending.NOTHING_MEASURED, without_assessment=missing)
    sending = Sending.FINAL if judged.final else Sending.PROVISIONAL
    return Verdict(sending, judged.score, judged.final, missing)


def _came(judged: Judged) -> bool:
    """Whether something counted, or a trainer has assessed the member."""
    return judged.has_contributions or Part.ASSESSMENT in judged.parts


def _is_wholly_excused(judged: Judged, policy: Policy) -> bool:
    """Whether every period so far is excused and more than the trainer's assessment is weighed."""
    return judged.excused_so_far and set(policy.weighed) != {Part.ASSESSMENT}
