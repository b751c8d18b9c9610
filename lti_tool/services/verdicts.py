"""What of a computed score may go to the LMS now: the model's judgement, and what a trainer decided of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from lti_tool.extensions import db
from lti_tool.grading.sending import Judged, Sending, Verdict, verdict
from lti_tool.models import LineItem, ScoreDelivery
from lti_tool.services.decisions import DecisionsInForce, decisions_in_force
from lti_tool.services.rules import Rules


@dataclass(frozen=True)
class Wanted:
    """What is to stand in the LMS for one member.

    `score` is the one that is sent, which is not the computed one where a trainer set another: `decision_id`
    then names that decision.
    """

    verdict: Verdict
    score: Decimal
    decision_id: int | None = None

    @property
    def value(self) -> Decimal | None:
        """The value to be sent, None when nothing is."""
        return self.verdict.value


def wanted(by: Rules, stands: Judged, decided: DecisionsInForce, *, sent_before: bool) -> Wanted:
    """Judge where one member stands; `sent_before`: the LMS has a value of ours (no SQL statement)."""
    judged = verdict(
        stands,
        by.policy,
        sent_before=sent_before,
        zero_decided=decided.zero,
        assessment_waived=decided.without_assessment,
    )
    if judged.sending is Sending.NOT_GRADED or decided.override is None:
        return Wanted(judged, stands.score if judged.value is None else judged.value)
    return _set_by_hand(stands, decided)


def all_wanted(by: Rules, statements: Mapping[int, Judged]) -> dict[int, Wanted]:
    """Judge where these members stand, by member id; two SQL statements for all."""
    decided = decisions_in_force(by.column_id, statements)
    sent = sent_before(by.column_id)
    return {
        member_id: wanted(by, stands, decided[member_id], sent_before=member_id in sent)
        for member_id, stands in statements.items()
    }


def sent_before(column_id: int) -> set[int]:
    """Return the members of whom the LMS has confirmed a value of ours in this column; one statement."""
    confirmed = (
        select(ScoreDelivery.member_id)
        .join(LineItem, LineItem.id == ScoreDelivery.line_item_id)
        .where(LineItem.column_id == column_id, ScoreDelivery.confirmed_value.is_not(None))
    )
    return set(db.session.scalars(confirmed))


def _set_by_hand(stands: Judged, decided: DecisionsInForce) -> Wanted:
    """A trainer's own value goes as it is, provisional until the last period is closed."""
    value = decided.override.value
    sending = Sending.FINAL if stands.final else Sending.PROVISIONAL
    return Wanted(Verdict(sending, value, final=stands.final), value, decided.override.id)
