"""How a platform's services did when they were last used, noted by those who used them: one row, one update.

So that a list of platforms reads a row each, however many courses and scores they have.
"""

from datetime import datetime

from sqlalchemy import update

from lti_tool.extensions import db
from lti_tool.models import Platform
from lti_tool.services.problems import code_of


def of_roster(platform_id: int, problem: str | None, now: datetime) -> None:
    """Note that a roster was read whole, or why it was not."""
    _note(platform_id, "roster_read_at", "roster_failed_at", "roster_problem", problem, now)


def of_scores(platform_id: int, problem: str | None, now: datetime) -> None:
    """Note that the LMS took a score, or why it did not."""
    _note(platform_id, "score_taken_at", "score_failed_at", "score_problem", problem, now)


def _note(
    platform_id: int, went_well: str, failed: str, why: str, problem: str | None, now: datetime
) -> None:
    values = {went_well: now, why: None} if problem is None else {failed: now, why: code_of(problem)}
    db.session.execute(
        update(Platform)
        .where(Platform.id == platform_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
