"""The space itself: a newcomer's welcome, the charter, and what staff arrange."""

from flask import redirect, render_template, request, url_for
from flask_babel import get_locale
from marshmallow import ValidationError

from lti_tool import clock, first_words
from lti_tool.access import community_blueprint
from lti_tool.errors import Stale, Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.schemas.space import CharterSchema, SpaceSettingsSchema
from lti_tool.services import charter_records, charters, first_visit, local_times, space_settings
from lti_tool.services.preferences import LANGUAGES

bp = community_blueprint("space", __name__)


@bp.get("/welcome")
def welcome(member):
    return render_template(
        "space/welcome.html",
        welcome=first_visit.welcome(member, clock.now()),
        is_new=first_visit.is_new(member),
        charter=charters.to_accept(member),
    )


@bp.post("/welcome")
def welcomed(member):
    first_visit.welcomed(member, clock.now())
    return redirect(url_for("home.index"), 303)


@bp.get("/charter")
def charter(member):
    return render_template("space/charter.html", charter=charters.shown(member))


@bp.post("/charter/acceptance")
def accept_charter(member):
    try:
        charters.accept(member, row_number(request.form.get("number")), clock.now())
    except Stale:
        return render_template("space/charter.html", charter=charters.shown(member), changed=True), 409
    return redirect(url_for("home.index", done="charter-accepted"), 303)


@bp.get("/charter/versions")
def charter_versions(member):
    before = row_number(request.args.get("before"))
    page = charter_records.versions(member, before, clock.now())
    return render_template("space/charter_versions.html", page=page)


@bp.get("/charter/acceptances")
def charter_acceptances(member):
    show, after = request.args.get("show", ""), row_number(request.args.get("after"))
    page = charter_records.acceptances(member, show, after, clock.now())
    return render_template("space/charter_acceptances.html", page=page)


@bp.get("/charter/edit")
def edit_charter(member):
    member.must(Act.ARRANGE)
    found = charters.in_force(member)
    return _charter_form(_to_rewrite(found) if found else _to_begin_with(), {}, found)


@bp.post("/charter/edit")
def save_charter(member):
    member.must(Act.ARRANGE)
    found = charters.in_force(member)
    try:
        text, number = CharterSchema().load(request.form)
        charters.write(member, text, number, clock.now())
    except ValidationError as err:
        return _charter_form(request.form, err.messages, found), 422
    except Stale:
        values = request.form.to_dict() | {"number": found.number if found else 0}
        return _charter_form(values, {"body": ["stale"]}, found, meanwhile=True), 409
    return redirect(url_for(".charter", done="charter-written"), 303)


def _to_begin_with():
    language = str(get_locale())
    other = charters.other_language(language)
    texts = {"body": first_words.charter(language), "translation": first_words.charter(other)}
    return texts | {"language": language, "number": 0}


def _to_rewrite(found):
    language = found.text.language or str(get_locale())
    translation = found.text.translations.get(charters.other_language(language), "")
    texts = {"body": found.text.body, "translation": translation}
    sponsors = "true" if found.text.opens_to_sponsors else ""
    return texts | {"language": language, "number": found.number, "opens_to_sponsors": sponsors}


def _charter_form(values, problems, found, *, meanwhile=False):
    """Show the form of a charter; `meanwhile`: somebody else wrote `found` while it was filled in."""
    language = values.get("language") if values.get("language") in LANGUAGES else str(get_locale())
    return render_template(
        "space/charter_form.html",
        values=values,
        problems=problems,
        number=row_number(str(values.get("number", ""))),
        written_in=language,
        translated_into=charters.other_language(language),
        current=found if meanwhile else None,
    )


@bp.get("/space")
def settings(member):
    return _settings_form(member, space_settings.current(member), {})


@bp.post("/space")
def save_settings(member):
    member.must(Act.ARRANGE)
    try:
        wanted = SpaceSettingsSchema().load(request.form)
    except ValidationError as err:
        return _settings_form(member, request.form, err.messages), 422
    try:
        space_settings.change(member, wanted, clock.now())
    except Unfit as err:
        return _settings_form(member, request.form, err.problems), 422
    return redirect(url_for(".settings", done="space-saved"), 303)


def _settings_form(member, values, problems):
    return render_template(
        "space/settings.html",
        values=values,
        problems=problems,
        used=space_settings.used_megabytes(member),
        limits=space_settings.limits(),
        zones=local_times.zones() if member.may(Act.SET_ZONE) else [],
        has_charter=charters.in_force(member) is not None,
    )
