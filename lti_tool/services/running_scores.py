"""Scores kept up by what changed: a page over thousands of learners computes only what is out of date.

A kept score is true while nothing happened to its member (`stale`), the policy is the one it was computed by,
and no period has begun or closed since (`good_until`). Whoever needs one that is not true any more computes
it without keeping it; a worker keeps it soon after.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Select, literal, or_, select, update

from lti_tool.extensions import db
from lti_tool.grading.facts import Fact
from lti_tool.grading.score import Statement, statement
from lti_tool.models import Enrolment, GradeColumn, Membership, RunningScore, User
from lti_tool.services import facts, outbox
from lti_tool.services.rules import Rules
from lti_tool.services.upserts import INSERTS

# What a new row is made of, in the order in which `_new_rows` gives it.
NEW_ROW = ("column_id", "member_id", "policy_id", "stale", "computed_at", "summary")
# More parameters than this are more than some databases take at once.
MOST_NAMED = 500
# Of what is kept: what another release kept in another form is computed anew where it is read.
FORMAT = 2
# So many of the latest periods show where somebody is heading.
TREND = 4


@dataclass(frozen=True)
class Running:
    """What tables show of a member's statement, and what may be sent is judged by (grading.sending.Judged).

    `percent`, `parts` (by name, those that are weighed and available) and `trend` (the latest periods, each
    of its cap) are in whole per cent, rounded down so that 100 means all of it. `excused_lately`: nothing
    was asked for in the latest weeks, so that silence in them says nothing.
    """

    score: Decimal
    maximum: Decimal
    at_close: Decimal
    percent: int
    parts: Mapping[str, int]
    trend: tuple[int, ...]
    counted: int  # contributions
    last_at: datetime | None  # of the latest contribution, counted or not
    has_contributions: bool
    final: bool
    excused_so_far: bool
    excused_lately: bool


def statement_for(by: Rules, known: Iterable[Fact], as_of: datetime) -> Statement:
    """Compute the statement of one member whose facts these are."""
    return statement(by.relevant(known), by.policy, by.periods, as_of, by.maximum, zone=by.zone)


def of_members(by: Rules, member_ids: Iterable[int], now: datetime) -> dict[int, Running]:
    """Return where these members stand; one SQL statement, three when some have to be computed."""
    members = list(member_ids)
    wanted = set(members)
    found = {
        member_id: _read(summary)
        for member_id, summary in db.session.execute(_kept(by, members, now))
        if member_id in wanted and summary.get("format") == FORMAT
    }
    missing = [member_id for member_id in members if member_id not in found]
    return found | (_computed(by, missing, now) if missing else {})


def _computed(by: Rules, member_ids: list[int], now: datetime) -> dict[int, Running]:
    """Compute what is not kept; those to whom nothing happened yet stand where anybody would."""
    known, shared = facts.facts_and_shared(by.community_id, member_ids)
    nothing_yet = summed_up(statement_for(by, shared, now))
    return {
        member_id: summed_up(statement_for(by, [*theirs, *shared], now)) if theirs else nothing_yet
        for member_id, theirs in known.items()
    }


def mark_stale(community_id: int, member_ids: Iterable[int], now: datetime) -> None:
    """Note that something happened to these members: what is kept of them is out of date."""
    members = sorted(set(member_ids))
    for start in range(0, len(members), MOST_NAMED):
        some = members[start : start + MOST_NAMED]
        new = _new_rows(now).where(GradeColumn.community_id == community_id, Membership.id.in_(some))
        _insert(new)
    outbox.wake(outbox.RUNNING_SCORES)


def mark_course_stale(community_id: int, course_id: int, now: datetime) -> None:
    """Note it of everybody who is enrolled in a course of the community; one statement."""
    enrolled = select(Enrolment.user_id).where(Enrolment.course_id == course_id, Enrolment.active)
    here = (GradeColumn.community_id == community_id, Membership.user_id.in_(enrolled))
    _insert(_new_rows(now).where(*here))
    outbox.wake(outbox.RUNNING_SCORES)


def mark_all_stale(member_ids: Iterable[int], now: datetime) -> None:
    """Note that something happened to these members, of whichever communities."""
    members = sorted(set(member_ids))
    for start in range(0, len(members), MOST_NAMED):
        _insert(_new_rows(now).where(Membership.id.in_(members[start : start + MOST_NAMED])))
    outbox.wake(outbox.RUNNING_SCORES)


def begin(column: GradeColumn, now: datetime) -> None:
    """Have the scores of everybody in the community kept in a new column; a worker computes them."""
    _insert(_new_rows(now).where(GradeColumn.id == column.id))
    outbox.wake(outbox.RUNNING_SCORES)


def _new_rows(now: datetime) -> Select:
    """Return rows of which nothing is computed yet, for each column and member of its community.

    By member, then by column: two who write rows of the same members follow each other.
    """
    return (
        select(
            GradeColumn.id,
            Membership.id,
            GradeColumn.policy_id,
            literal(True),
            literal(now, RunningScore.computed_at.type),
            literal({}, RunningScore.summary.type),
        )
        .join(Membership, Membership.community_id == GradeColumn.community_id)
        .join(User, User.id == Membership.user_id)
        .where(User.erased_at.is_(None))
        .order_by(Membership.id, GradeColumn.id)
    )


def _insert(rows: Select) -> None:
    """Insert these rows; those that are there already are stale from now on."""
    insert = INSERTS[db.engine.dialect.name](RunningScore.__table__).from_select(NEW_ROW, rows)
    db.session.execute(
        insert.on_conflict_do_update(index_elements=["column_id", "member_id"], set_={"stale": True})
    )


def mark_column_stale(community_id: int, prompt_id: int | None = None) -> None:
    """Note that the rules of a community have changed: everything that is kept is out of date.

    :param prompt_id: the dates of this prompt have changed, which are the rules of its own column alone.
    """
    here = select(GradeColumn.id).where(GradeColumn.community_id == community_id)
    if prompt_id is not None:
        here = here.where(GradeColumn.prompt_id == prompt_id)
    in_order = select(RunningScore.id).where(RunningScore.column_id.in_(here))
    in_order = in_order.order_by(RunningScore.member_id, RunningScore.column_id)
    db.session.execute(in_order.with_for_update())
    db.session.execute(
        update(RunningScore)
        .where(RunningScore.column_id.in_(here))
        .values(stale=True)
        .execution_options(synchronize_session=False)
    )
    outbox.wake(outbox.RUNNING_SCORES)


def summed_up(stands: Statement) -> Running:
    """Return what a table needs of a statement."""
    return Running(
        score=stands.score,
        maximum=stands.maximum,
        at_close=stands.at_close,
        percent=percent_of(stands.share),
        parts={part.value: percent_of(share) for part, share in stands.parts.items()},
        trend=tuple(
            percent_of(period.kept / period.cap) if period.cap else 0 for period in stands.periods[-TREND:]
        ),
        counted=sum(1 for line in stands.lines if line.counted),
        last_at=max((line.at for line in stands.lines), default=None),
        has_contributions=stands.has_contributions,
        final=stands.final,
        excused_so_far=stands.excused_so_far,
        excused_lately=_is_excused_lately(stands),
    )


def _is_excused_lately(stands: Statement) -> bool:
    """Tell whether nothing was asked for of late: each of the latest weeks that has closed is excused."""
    latest = stands.periods[-TREND:]
    return any(one.excused for one in latest) and all(one.excused or one.open for one in latest)


def percent_of(share: Fraction) -> int:
    """Return a share in whole per cent, rounded down so that 100 means all of it."""
    return int(share * 100)


def _kept(by: Rules, member_ids: list[int], now: datetime) -> Select:
    """What is kept and true, as columns: thousands of rows are read. Of many members all of the column is."""
    wanted = select(RunningScore.member_id, RunningScore.summary).where(
        RunningScore.column_id == by.column_id,
        RunningScore.stale.is_(False),
        RunningScore.policy_id == by.policy_id,
        or_(RunningScore.good_until.is_(None), RunningScore.good_until > now),
    )
    return wanted.where(RunningScore.member_id.in_(member_ids)) if len(member_ids) <= MOST_NAMED else wanted


def _read(summary: Mapping) -> Running:
    """Read back what `written` wrote: nothing is computed, a page does it thousands of times."""
    last_at = summary["last_at"]
    return Running(
        score=Decimal(summary["score"]),
        maximum=Decimal(summary["maximum"]),
        at_close=Decimal(summary["at_close"]),
        percent=summary["percent"],
        parts=summary["parts"],
        trend=tuple(summary["trend"]),
        counted=summary["counted"],
        last_at=None if last_at is None else datetime.fromisoformat(last_at),
        has_contributions=summary["has_contributions"],
        final=summary["final"],
        excused_so_far=summary["excused_so_far"],
        excused_lately=summary["excused_lately"],
    )


def written(running: Running) -> dict:
    """Return what is kept of it, as JSON; `_read` reads it back."""
    told = {name: str(getattr(running, name)) for name in ("score", "maximum", "at_close")}
    told["last_at"] = None if running.last_at is None else running.last_at.isoformat()
    return asdict(running) | told | {"format": FORMAT}
