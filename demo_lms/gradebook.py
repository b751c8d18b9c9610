"""The gradebook: columns (line items) and grades, pure state with the rules measured on Moodle 4.4.

Nothing here knows HTTP. Times are aware UTC datetimes.
"""

from dataclasses import dataclass, field
from datetime import datetime

DECIMALS = 5
"""Moodle keeps grades with five decimals."""


class EarlierTimestamp(Exception):
    """A score is not later than the last write for that person and column."""


@dataclass
class Grade:
    """What one person has in one column."""

    score: float | None
    comment: str
    stamp: datetime
    """The last write as the next one is compared with it."""
    received_at: datetime
    """When the LMS last heard of it, by its own clock."""
    activity_progress: str = ""
    grading_progress: str = ""
    by_hand: bool = False
    """The value was typed in by a teacher."""
    overridden: bool = False
    """The teacher's value stays whatever the tool sends later (the activity's own column only)."""


@dataclass
class LineItem:
    """A column of a course's gradebook; `own` marks the one the activity itself came with."""

    id: int
    course_id: str
    label: str
    maximum: float
    resource_id: str = ""
    tag: str = ""
    resource_link_id: str | None = None
    own: bool = False
    reviewable: bool = False
    """The tool shows one person's work behind a grade (Submission Review)."""
    made_by: str = ""
    """Client id of the tool that made it and alone may see it; empty: every tool may."""
    grades: dict[str, Grade] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """A score as a tool sends it (AGS 2.0, score service)."""

    sub: str
    timestamp: datetime
    given: float | None
    maximum: float | None
    activity_progress: str
    grading_progress: str
    comment: str = ""


@dataclass
class Gradebook:
    """All columns of all courses, by number."""

    items: dict[int, LineItem] = field(default_factory=dict)
    next_id: int = 1

    def add(self, course_id: str, label: str, maximum: float, **more: object) -> LineItem:
        """Make a column. Nothing is unique: the same tag twice makes two, as in Moodle."""
        item = LineItem(self.next_id, course_id, label, maximum, **more)
        self.items[item.id] = item
        self.next_id += 1
        return item

    def of_course(self, course_id: str) -> list[LineItem]:
        """The columns of a course in the order of their making."""
        return [item for item in self.items.values() if item.course_id == course_id]


def record(item: LineItem, score: Score, now: datetime, strict: bool, only_fully_graded: bool) -> bool:
    """Take a score into a column; answer whether a value stands there afterwards.

    `strict`: whole seconds, and strictly later than the last write; otherwise only an older one is refused.
    `only_fully_graded`: any other grading progress empties the grade.
    Raises EarlierTimestamp when the score comes too early.
    """
    sent, clock = (_whole_second(score.timestamp), _whole_second(now)) if strict else (score.timestamp, now)
    before = item.grades.get(score.sub)
    if before and (sent <= before.stamp if strict else sent < before.stamp):
        raise EarlierTimestamp(
            f"Refusing score with an earlier timestamp for item {item.id} and user {score.sub}"
        )
    if before and before.overridden:
        before.received_at = now
        return before.score is not None
    value = _value_kept(item, score, only_fully_graded)
    item.grades[score.sub] = Grade(
        score=value,
        comment=score.comment,
        stamp=_stamp(item, before, value, score, sent, clock),
        received_at=now,
        activity_progress=score.activity_progress,
        grading_progress=score.grading_progress,
    )
    return value is not None


def _value_kept(item: LineItem, score: Score, only_fully_graded: bool) -> float | None:
    if only_fully_graded and score.grading_progress != "FullyGraded":
        return None
    if score.given is None:
        return None
    scale = item.maximum / score.maximum if score.maximum else 1
    return round(min(max(score.given * scale, 0), item.maximum), DECIMALS)


def _stamp(
    item: LineItem, before: Grade | None, value: float | None, score: Score, sent: datetime, clock: datetime
) -> datetime:
    """Which time counts as the last write: the server's on the own column and for an emptied grade."""
    if value is None or item.own:
        return clock
    unchanged = before and before.score == value and before.comment == score.comment
    return before.stamp if before and unchanged else sent


def set_by_hand(item: LineItem, sub: str, value: float | None, comment: str, now: datetime) -> None:
    """A teacher writes a grade; on the activity's own column it then resists the tool. None takes it away."""
    item.grades[sub] = Grade(
        score=None if value is None else round(min(max(value, 0), item.maximum), DECIMALS),
        comment=comment,
        stamp=_whole_second(now),
        received_at=now,
        by_hand=True,
        overridden=item.own and value is not None,
    )


def rescale(item: LineItem, maximum: float, now: datetime) -> None:
    """Change a column's maximum and its grades in proportion; as in Moodle an empty grade becomes 0."""
    if maximum == item.maximum:
        return
    factor = maximum / item.maximum if item.maximum else 0
    for grade in item.grades.values():
        grade.score = round((grade.score or 0) * factor, DECIMALS)
        grade.stamp = _whole_second(now)
    item.maximum = maximum


def copy_column(gradebook: Gradebook, item: LineItem, course_id: str, resource_link_id: str) -> LineItem:
    """The same column in another course, for a copied activity; nobody has a grade in it."""
    kept = ("resource_id", "tag", "own", "reviewable", "made_by")
    more = {name: getattr(item, name) for name in kept}
    return gradebook.add(course_id, item.label, item.maximum, resource_link_id=resource_link_id, **more)


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
