"""Mentions on pages: names are read once, for everything that a page shows or lets its reader edit."""

from flask import current_app, g, url_for
from flask_babel import gettext

from lti_tool.access import for_seat
from lti_tool.knowledge import mentions as tokens
from lti_tool.knowledge.mentions import Mentioned
from lti_tool.permissions import Act
from lti_tool.services import mentions
from lti_tool.services.people import Person


def people_in(text: str) -> dict[int, Mentioned]:
    """Return how everybody who is mentioned in a text is shown; members of this community alone.

    Nobody, to somebody who may not read here: no text tells a sponsor or an observer a name.
    """
    numbers = tokens.numbers_in(text)
    if not numbers or "admission" not in g or not g.admission.member.may(Act.READ):
        return {}
    known = g.setdefault("mentioned", {})
    missing = [number for number in numbers if number not in known]
    if missing:
        found = mentions.named(g.admission.member, missing)
        known.update(dict.fromkeys(missing))
        known.update({number: _shown(number, person) for number, person in found.items()})
    return {number: known[number] for number in numbers if known[number] is not None}


def names_in(text: str) -> dict[int, str]:
    """Return what everybody who is mentioned in a text is called."""
    return {number: one.name for number, one in people_in(text).items()}


def written_out(text: str | None) -> str:
    """Return a kept text as a form shows it: with names in the place of numbers."""
    return tokens.written_out(text or "", names_in(text or ""))


def read_aloud(text: str | None) -> str:
    """Return a plain text, as an excerpt, with names in the place of numbers."""
    return tokens.read_aloud(text or "", names_in(text or ""))


def in_a_field(person: Person) -> str:
    """Return what a form takes for somebody who is mentioned."""
    return tokens.written_out(f"@[{person.number}]", {person.number: _shown(person.number, person).name})


def name_of(person: Person) -> str:
    """Return what somebody is called."""
    return _shown(person.number, person).name


def _shown(number: int, person: Person) -> Mentioned:
    if person.former:
        return Mentioned(gettext("a former member"))
    return Mentioned(person.name or gettext("Member %(number)s", number=number), _address_of(number))


def _address_of(number: int) -> str | None:
    if "people.show" not in current_app.view_functions:
        return None
    return for_seat(f"{url_for('members.index', seat=None)}/{number}", g.admission.seat.id)
