"""The page on which people switch how the LMS behaves."""

from dataclasses import MISSING, Field, fields

from flask import Blueprint, Response, redirect, render_template, request, url_for

from demo_lms.forms import typed_number
from demo_lms.quirks import Quirks
from demo_lms.troubles import TROUBLES
from demo_lms.web import describe, somebody, the_lms

behaviour = Blueprint("behaviour", __name__)

SWITCHES = {
    "strict_timestamps": "A score must be later than the last write by a whole second, else 409 (Moodle)",
    "only_fully_graded_keeps_the_grade": "Any grading progress but FullyGraded empties the grade (Moodle)",
    "token_labelled_html": "Token answers are labelled text/html (Moodle)",
    "lineitem_in_launch": "The activity is graded: it has its own column, named in the launch",
    "send_name": "Names are shared with the tool",
    "send_email": "E-mail addresses are shared with the tool",
    "send_roles": "Roles are sent",
    "no_context": "Launches come from outside any course",
    "locked_items": "Columns are locked: a score is answered with 500",
    "empty_bodies": "A column that is made or changed is answered without a body",
    "mislabelled": "Every answer of the services is labelled text/html",
    "refuse_tokens": "No token is given",
    "down": "The services answer 503",
    "answer_html": "The services answer with a web page",
    "key_set_fails": "The key set of the LMS cannot be read",
}
ROSTER_SWITCHES = {
    "roster_in_launch": "Launches name the member list",
    "short_role_names": "Roles are short names in the member list (Moodle)",
    "tutors_listed_as_learners": "Tutors are listed as learners (Moodle)",
    "roster_drops_filters": "The next page forgets the filter by role (Moodle)",
    "roster_last_page_without_link": "A full last page names no next page (Moodle)",
    "typographic_links": "The next page is named with typographic quotes",
    "mixed_case_cursor": "The next page is named by a bookmark whose capitals matter (Canvas)",
    "roster_repeats_link": "Later pages name the first page as the next one",
    "roster_missing_link": "No page names a next page",
    "roster_too_large": "The member list of so large a course is refused (Open edX)",
    "roster_names_differences": "Member lists name an address for later changes",
    "test_user_in_roster": "The test user is listed",
}
GROUP_SWITCHES = {
    "groups_in_launch": "Launches name the service for groups",
    "groups_in_roster": "The member list says the groups of each member when it is asked to",
    "groups_refuse_the_question": "The member list is refused when it is asked for groups",
    "groups_forgotten_on_next_page": "The next page of the member list forgets the question for groups",
    "old_set_id": "Groups name their set as before the final version of the service",
}
NOTICE_SWITCHES = {
    "notices_in_launch": "Launches name the service for notices (Canvas)",
    "notices_sent_twice": "Every notice is sent twice",
}
CONTENT_SWITCHES = {
    "content_several": "Several activities may be chosen at once",
    "content_several_as_text": "That is said as a text instead of true or false",
    "content_columns": "A chosen activity may come with a column",
    "content_columns_said": "Whether it may is said (Canvas)",
    "content_data": "The request carries data that has to come back (Canvas)",
}
REGISTRATION_SWITCHES = {
    "configuration_needs_token": "The configuration is told only to whoever shows the token (Canvas)",
    "registration_tells_deployment": "A registration is told its deployment (Moodle)",
}
NUMBERS = {
    "column_changes_refused": "Status that changing a column is refused with (empty: not refused)",
    "column_deletion_refused": "Status that deleting a column is refused with (empty: not refused)",
    "token_seconds": "Life of a token, in seconds",
    "slow_seconds": "Seconds the services wait before they answer",
    "retry_after": "Seconds named in Retry-After while the services answer 503 (empty: not named)",
}
ROSTER_NUMBERS = {
    "roster_page_size": "Members on a page of the list at most (empty: no limit)",
    "roster_fails_on_page": "Page of the member list that is answered with 503 (empty: none)",
    "roster_scope_refused": "Status that refuses the member list, 401 or 403 (empty: not refused)",
}
GROUP_NUMBERS = {
    "groups_page_size": "Groups on a page at most (empty: no limit)",
    "groups_fail_on_page": "Page of groups that is answered with 503 (empty: none)",
}
SERVICE_TEXTS = {
    "key_set_answers": "What the key set is instead: empty, short, page or elsewhere (empty: as usual)",
    "audience_wanted": "The only audience of a token request that is accepted (empty: as usual)",
    "scopes_not_allowed": "Scopes that no launch names and no token has, such as lineitem score",
    "scopes_not_granted": "Scopes that launches name and no token has, such as score",
    "troubles": "What the next calls of the gradebook meet, one each, such as fine error lost hang",
}
REGISTRATION_TEXTS = {
    "registration_refuses": "Word that every registration is refused with (empty: not refused)",
    "registration_answers": "What every registration is answered with instead (empty: as usual)",
}
CONTENT_TEXTS = {
    "content_types": "Kinds of content that are asked for, such as ltiResourceLink link file",
}
GROUP_TEXTS = {
    "groups_answer": "What every question for groups is answered with instead (empty: as usual)",
}
TEXTS = {
    "inactive_members": "Members listed with another status, such as u-ines=Inactive u-awa=Deleted",
}
GROUPS = (
    ("Launches and grades", {**SWITCHES, **NUMBERS, **SERVICE_TEXTS}),
    ("Member list", {**ROSTER_SWITCHES, **ROSTER_NUMBERS, **TEXTS}),
    ("Groups of a course", {**GROUP_SWITCHES, **GROUP_NUMBERS, **GROUP_TEXTS}),
    ("Notices to tools", NOTICE_SWITCHES),
    ("Choosing content", {**CONTENT_SWITCHES, **CONTENT_TEXTS}),
    ("Registration of tools", {**REGISTRATION_SWITCHES, **REGISTRATION_TEXTS}),
)
"""What is switched, by what it concerns: name of the quirk and its English label."""
ALL_SWITCHES = (
    SWITCHES | ROSTER_SWITCHES | GROUP_SWITCHES | NOTICE_SWITCHES | CONTENT_SWITCHES | REGISTRATION_SWITCHES
)
ALL_NUMBERS = NUMBERS | ROSTER_NUMBERS | GROUP_NUMBERS


@behaviour.get("/quirks")
def quirks() -> str:
    """How this LMS behaves, and what may be switched."""
    somebody()
    shown = {name: _shown(getattr(the_lms().quirks, name)) for _, group in GROUPS for name in group}
    return render_template("quirks.html", shown=shown, groups=GROUPS, numbers=ALL_NUMBERS)


def _shown(value: object) -> object:
    """A quirk as its field shows it: None is empty, statuses are pairs, words stand in a row."""
    if isinstance(value, dict):
        return " ".join(f"{sub}={status}" for sub, status in value.items())
    if isinstance(value, list):
        return " ".join(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else value


@behaviour.post("/quirks")
def change_quirks() -> Response:
    """Switch quirks; what is not a number becomes what it is by default."""
    wanted = the_lms().quirks
    defaults = {field.name: _default(field) for field in fields(Quirks)}
    for name in ALL_SWITCHES:
        setattr(wanted, name, name in request.form)
    for name in ALL_NUMBERS:
        number, is_readable = typed_number(request.form.get(name, ""))
        told = is_readable and number is not None
        setattr(wanted, name, _as_whole(name, number) if told else defaults[name])
    for name in ("key_set_answers", "audience_wanted"):
        setattr(wanted, name, request.form.get(name) or None)
    for name in ("scopes_not_allowed", "scopes_not_granted"):
        setattr(wanted, name, request.form.get(name, "").split())
    wanted.registration_refuses = request.form.get("registration_refuses") or None
    wanted.registration_answers = request.form.get("registration_answers", "").encode() or None
    wanted.groups_answer = request.form.get("groups_answer", "").encode() or None
    wanted.inactive_members = _statuses(request.form.get("inactive_members", ""))
    wanted.content_types = request.form.get("content_types", "").split() or defaults["content_types"]
    wanted.troubles = [word for word in request.form.get("troubles", "").split() if word in TROUBLES]
    describe("quirks changed")
    return redirect(url_for("behaviour.quirks"), 303)


def _default(field: Field) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _as_whole(name: str, number: float) -> float:
    return number if name == "slow_seconds" else int(number)


def _statuses(text: str) -> dict[str, str]:
    pairs = (word.partition("=") for word in text.replace(",", " ").split())
    return {sub: status for sub, sign, status in pairs if sign and status}
