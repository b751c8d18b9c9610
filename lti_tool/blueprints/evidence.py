"""What may be taken along and checked elsewhere: exports of scores and facts, and marks brought in."""

import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, send_file, url_for
from flask_babel import get_locale, gettext
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.downloads import CSV, JSON, download
from lti_tool.errors import Stale
from lti_tool.grading.exact import round_half_up
from lti_tool.grading.policy import Part
from lti_tool.group_names import group_name
from lti_tool.permissions import Act
from lti_tool.schemas.marks import MarksSchema, carried
from lti_tool.services import evidence, evidence_records, evidence_tables, mark_tables, rubric_import
from lti_tool.services.delivery_views import DeliveryView
from lti_tool.services.evidence_tables import Cell
from lti_tool.services.mark_tables import MarkLine, MarksUnreadable
from lti_tool.services.score_tables import ScoreRow, ScoreTable, score_table

bp = community_blueprint("evidence", __name__)

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# What of a fact a table shows, in this order; exact numbers and the rest are in the JSON.
FACT_COLUMNS = (
    "at", "act", "subject", "kind", "title", "words", "copied", "quality", "lateness", "prompt",
    "deadline", "period", "rubric", "helped", "actor", "reason",
)  # fmt: skip
SHARES, MOMENTS = frozenset({"copied", "quality", "lateness", "rubric"}), frozenset({"at", "deadline"})
# Lines of a preview that a page shows; all of them are taken over.
MOST_SHOWN = 300


@bp.get("/grading/exports")
def index(member):
    member.must(Act.MANAGE_GRADES)
    return _page()


@bp.get("/grading/evidence.json")
def everybody(member):
    return _as_json(evidence.of_everybody(member, clock.now()), _name(member, "evidence", "json"))


@bp.get("/grading/members/<id:member_id>/evidence.json")
def one_member(member, member_id):
    name = _name(member, f"evidence-{member_id}", "json")
    return _as_json(evidence.of_member(member, member_id, clock.now()), name)


@bp.get("/grading/facts.csv")
def facts(member):
    found = evidence.of_everybody(member, clock.now())
    return _csv(_fact_rows(found, member.community.time_zone), _name(member, "facts", "csv"))


@bp.get("/grading/scores.csv")
def scores(member):
    return _csv(_score_rows(score_table(member, clock.now())), _name(member, "scores", "csv"))


@bp.get("/grading/scores.xlsx")
def workbook(member):
    rows = _score_rows(score_table(member, clock.now()))
    return _workbook(rows, gettext("Grading"), _name(member, "scores", "xlsx"))


@bp.get("/participation/evidence.json")
def mine(member):
    return _as_json(evidence.mine(member, clock.now()), _name(member, "my-evidence", "json"))


@bp.get("/participation/evidence.csv")
def my_facts(member):
    found = evidence.mine(member, clock.now())
    return _csv(_fact_rows(found, member.community.time_zone), _name(member, "my-facts", "csv"))


@bp.get("/grading/marks.xlsx")
def marks_template(member):
    return _workbook(_mark_rows(member), gettext("Assessment"), _name(member, "marks", "xlsx"))


@bp.get("/grading/marks.csv")
def marks_template_as_text(member):
    return _csv(_mark_rows(member), _name(member, "marks", "csv"))


@bp.post("/grading/marks")
def look_at_marks(member):
    member.must(Act.MANAGE_GRADES)
    file = request.files.get("file")
    try:
        table = mark_tables.read_marks(file.read(mark_tables.LARGEST_FILE + 1) if file else b"")
    except MarksUnreadable as problem:
        return _page({"file": [problem.code]}), 422
    return _preview(member, table.lines, unread=table.unread)


@bp.post("/grading/marks/confirm")
def take_marks_over(member):
    member.must(Act.MANAGE_GRADES)
    try:
        changes = MarksSchema().load(request.form)
    except ValidationError:
        return _page({"file": ["marks-unreadable"]}), 422
    try:
        rubric_import.take_over(member, changes, clock.now())
    except Stale:
        lines = [_as_line(number, change) for number, change in enumerate(changes, 1)]
        return _preview(member, lines, changed_meanwhile=True), 422
    return redirect(url_for(".index", done="marks-taken-over"), 303)


def _page(problems: dict[str, list[str]] | None = None) -> str:
    return render_template("grading/exports.html", problems=problems or {})


def _as_line(number: int, change: rubric_import.Change) -> MarkLine:
    """Write a change as the line of a file that it once was."""
    share = None if change.given else change.after.share
    return MarkLine(number, change.member_id, "", "", share=share, levels=change.given)


def _preview(member, marks: list[MarkLine], *, unread: tuple[str, ...] = (), changed_meanwhile=False) -> str:
    found = rubric_import.preview(member, marks, clock.now())
    kept = (rubric_import.CHANGED, rubric_import.UNCHANGED)
    changed = [line for line in found.lines if line.verdict == rubric_import.CHANGED]
    aside = [line for line in found.lines if line.verdict not in kept]
    return render_template(
        "grading/marks.html",
        preview=found,
        changed=changed[:MOST_SHOWN],
        aside=aside[:MOST_SHOWN],
        most_shown=MOST_SHOWN,
        unread=unread,
        criteria=rubric_import.CRITERIA,
        carried=carried(found.changes),
        changed_meanwhile=changed_meanwhile,
    )


def _as_json(found: evidence.Evidence, name: str) -> Response:
    return download(evidence_records.as_json(found.head, found.members), JSON, name)


def _csv(rows: Iterable[list[Cell]], name: str) -> Response:
    return download(evidence_tables.csv_pieces(rows, str(get_locale())), CSV, name)


def _workbook(rows: Iterable[list[Cell]], title: str, name: str) -> Response:
    file = io.BytesIO()
    evidence_tables.write_workbook(rows, title, file)
    file.seek(0)
    answer = send_file(file, WORKBOOK, as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _name(member, what: str, ending: str) -> str:
    return f"{what}-{member.community.id}-{clock.now():%Y-%m-%d}.{ending}"


def _fact_rows(found: evidence.Evidence, zone: str) -> Iterator[list[Cell]]:
    """Write the facts of each member, those about everybody first; the headings are the JSON's words."""
    local = ZoneInfo(zone)
    yield ["learner", "name", "id", *FACT_COLUMNS]
    for fact in found.head["facts_of_everybody"]:
        yield [None, None, fact["id"], *_fact_cells(fact, local)]
    for member in found.members:
        for fact in member["facts"]:
            yield [member["number"], member["name"], fact["id"], *_fact_cells(fact, local)]


def _fact_cells(fact: dict, zone: ZoneInfo) -> list[Cell]:
    cells: list[Cell] = []
    for name in FACT_COLUMNS:
        value = fact[name]
        if value is not None and name in SHARES:
            value = round_half_up(Fraction(value), 4).normalize()
        elif value is not None and name in MOMENTS:
            value = datetime.fromisoformat(value).astimezone(zone)
        cells.append(value)
    return cells


def _mark_rows(member) -> list[list[Cell]]:
    """Write everybody with the assessment in force, to be filled in and brought back.

    The whole mark stands only where there are no levels: beside levels that somebody changes, it would
    contradict them.
    """
    rows: list[list[Cell]] = [
        [
            gettext("Learner number"),
            gettext("Learner"),
            *(gettext("%(criterion)s (0 to 4)", criterion=name) for name in _criterion_names().values()),
            gettext("Assessment (0 to 100)"),
        ]
    ]
    for one in rubric_import.present_marks(member, clock.now()):
        stands = one.judgement
        levels = (stands.levels if stands else None) or {}
        whole = stands.share if stands and not levels else None
        rows.append([one.number, one.name, *(levels.get(key) for key in _criterion_names()), _percent(whole)])
    return rows


def _criterion_names() -> dict[str, str]:
    names = {
        "relevance": gettext("Relevance"),
        "substance": gettext("Substance"),
        "care": gettext("Care for others"),
        "progress": gettext("Progress"),
    }
    return {key: names[key] for key in rubric_import.CRITERIA}


def _score_rows(table: ScoreTable) -> Iterator[list[Cell]]:
    local, part_names, states = ZoneInfo(table.zone), _part_names(), _state_words()
    # The assessment has a column of its own, whether or not it is weighed: the one that is read back in.
    parts = [part for part in table.parts if part in part_names]
    yield [
        gettext("Learner number"),
        gettext("Learner"),
        *([gettext("Groups")] if table.has_groups else []),
        gettext("Score"),
        gettext("Maximum"),
        gettext("Score at the close of the week"),
        gettext("Computed score"),
        gettext("Set by hand to"),
        gettext("Reason for setting it by hand"),
        gettext("Set by hand on"),
        *(gettext("%(part)s (in per cent)", part=part_names[part]) for part in parts),
        gettext("Assessment (0 to 100)"),
        gettext("Contributions that count"),
        gettext("Latest contribution"),
        gettext("State of sending"),
        gettext("Value in the LMS"),
        gettext("Maximum in the LMS"),
        gettext("Arrived on"),
    ]
    for row in table.rows:
        groups = ["; ".join(group_name(group) for group in row.groups)] if table.has_groups else []
        yield [row.number, row.name, *groups, *_score_cells(row, parts, local, states)]


def _score_cells(row: ScoreRow, parts: list[Part], zone: ZoneInfo, states: dict[str, str]) -> list[Cell]:
    sent, by_hand = row.delivery, row.by_hand
    # What the LMS showed when it differed, else what it confirmed.
    theirs = sent.theirs_value is not None or sent.theirs_empty
    return [
        row.score,
        row.maximum,
        row.at_close,
        row.computed,
        *((by_hand.value, by_hand.reason, _local(by_hand.at, zone)) if by_hand else (None, None, None)),
        *(_percent(row.parts.get(part)) for part in parts),
        _percent(row.assessment),
        row.counted,
        _local(row.last_at, zone),
        states.get(sent.state) or states[_arrived(sent)],
        _value(sent.theirs_value if theirs else sent.confirmed_value),
        _value(sent.theirs_maximum if theirs else sent.confirmed_maximum),
        _local(sent.confirmed_at, zone),
    ]


def _arrived(sent: DeliveryView) -> str:
    """Tell what became of a value that waits for nothing."""
    if sent.confirmed_at is None:
        return "none"
    return "changed" if sent.changed else "arrived"


def _percent(share: Fraction | None) -> Decimal | None:
    return None if share is None else round_half_up(share * 100)


def _value(value: Decimal | None) -> Decimal | None:
    return None if value is None else round_half_up(Fraction(value))


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment as the clocks of the community show it, which is all that a spreadsheet can hold."""
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None)


def _part_names() -> dict[Part, str]:
    return {
        Part.ACTIVITY: gettext("Activity"),
        Part.HELP: gettext("Mutual help"),
        Part.REGULARITY: gettext("Regularity"),
        Part.MILESTONES: gettext("Milestones"),
    }


def _state_words() -> dict[str, str]:
    return {
        "none": gettext("Not sent"),
        "due": gettext("Waiting to be sent"),
        "sending": gettext("Sending"),
        "held": gettext("Your decision is needed"),
        "kept": gettext("Value of the LMS kept"),
        "refused": gettext("Refused by the LMS"),
        "arrived": gettext("Arrived"),
        "changed": gettext("Changed since sent"),
    }
