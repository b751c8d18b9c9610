"""The learner's page, which is also the answer to a question about it that has to be corrected."""

from collections.abc import Mapping

from flask import render_template

from lti_tool import clock
from lti_tool.grading.hints import worth_most
from lti_tool.permalinks import links_to
from lti_tool.services import assessment_views, column_views, participation, questions
from lti_tool.services.acting import ActingMember


def participation_page(
    member: ActingMember,
    values: Mapping[str, str] | None = None,
    problems: dict | None = None,
    column_id: int | None = None,
) -> str:
    """Render one's own participation, with what was typed into a question when it has to be corrected.

    :param column_id: the column of the gradebook whose score is shown; None: the whole score.
    """
    now = clock.now()
    found = participation.mine(member, now, column_id)
    return render_template(
        "participation/mine.html",
        statement=found.statement,
        column=found.column,
        columns=found.columns,
        column_id=found.column_id,
        kind=found.kind,
        dates=found.dates,
        delivery=found.delivery,
        steps=worth_most(found.statement, found.policy) if found.statement else (),
        links=links_to(found.places),
        policy=found.policy,
        waiting_for=found.waiting_for,
        zone=found.zone,
        final=found.final,
        questions=questions.mine(member),
        judged=assessment_views.mine(member, column_id),
        automatic=column_views.sent_by_themselves(member.community.id, now) if found.statement else [],
        values=values or {},
        problems=problems or {},
    )
