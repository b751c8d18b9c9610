"""A course of weeks and learners whose facts tests write down one by one."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from lti_tool.grading.facts import Act, Fact, Kind, Praise
from lti_tool.grading.periods import Period, weekly_periods
from lti_tool.grading.policy import POINTS_AND_PACE, Policy
from lti_tool.grading.score import Statement, statement

ZONE = "Europe/Paris"
FIRST_MONDAY = date(2026, 9, 7)
FOUR_WEEKS: tuple[Period, ...] = weekly_periods(FIRST_MONDAY, 4, ZONE)
COURSE_OVER = FOUR_WEEKS[-1].ends_at


def moment(week: int, weekday: int = 0, hour: int = 9, minute: int = 0) -> datetime:
    """Local time in Paris on a weekday (0 is Monday) of a numbered week, as UTC."""
    day = FIRST_MONDAY + timedelta(weeks=week - 1, days=weekday)
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(ZONE))
    return local.astimezone(UTC)


class Learner:
    """Collects the facts of one member in the order in which the test tells them."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._kinds: dict[str, Kind] = {}

    def write(self, kind: Kind, at: datetime, words: int | None = 200, **more: object) -> str:
        """Something new, long enough for any minimum unless told otherwise; returns its subject."""
        subject = f"{kind.value}:{len(self._kinds) + 1}"
        self._kinds[subject] = kind
        self._add(Act.WRITTEN, subject, at, words=words, **more)
        return subject

    def act(self, act: Act, subject: str, at: datetime, **more: object) -> None:
        """A later act on something written before."""
        self._add(act, subject, at, **more)

    def rated(self, kind: Kind, at: datetime, quality: Fraction, **more: object) -> str:
        """Something written and, an hour later, marked by a trainer."""
        subject = self.write(kind, at, **more)
        self.act(Act.MARKED, subject, at + timedelta(hours=1), quality=quality)
        return subject

    def thanked(self, at: datetime, giver: int, about: str | None = None, **more: object) -> str:
        """A recognition received from somebody, for one of the learner's contributions."""
        return self.write(Kind.RECOGNITION, at, words=None, praise=Praise(giver, about, **more))

    def assessed(self, rubric: Fraction | None, at: datetime = FOUR_WEEKS[0].starts_at) -> None:
        """The trainer's rubric, on the first day unless told otherwise."""
        self._add(Act.RUBRIC, "rubric", at, rubric=rubric)

    def excused(self, week: int, at: datetime = FOUR_WEEKS[0].starts_at, act: Act = Act.EXCUSED) -> None:
        """The trainer asks for nothing in a week (or, by the other act, asks again)."""
        self._add(act, f"period:{week}", at, period=week)

    def prompt(
        self,
        deadline: datetime | None,
        at: datetime = FOUR_WEEKS[0].starts_at,
        opens: datetime | None = None,
    ) -> str:
        """The one prompt of the course gets its deadline; returns its subject."""
        self._add(Act.SCHEDULED, "prompt:1", at, deadline=deadline, opens=opens)
        return "prompt:1"

    def _add(self, act: Act, subject: str, at: datetime, **more: object) -> None:
        fact_id = len(self.facts) + 1
        kind = self._kinds[subject] if act.is_about_a_contribution else None
        self.facts.append(Fact(id=fact_id, act=act, subject=subject, kind=kind, at=at, **more))

    def statement(
        self,
        as_of: datetime = COURSE_OVER,
        maximum: Decimal = Decimal(20),
        policy: Policy = POINTS_AND_PACE,
    ) -> Statement:
        return statement(self.facts, policy, FOUR_WEEKS, as_of, maximum, zone=ZONE)

    def line(self, subject: str, **how: object):
        return next(line for line in self.statement(**how).lines if line.subject == subject)
