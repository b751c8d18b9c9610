"""An administrator connects an LMS: by hand, of a preset, or by an invitation that the LMS takes.

Who belongs to one organisation connects for that one; operators choose, or name a new one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from lti_tool.errors import Stale, Unfit
from lti_tool.extensions import db
from lti_tool.lti import presets, typed_connections
from lti_tool.lti.presets import PRESETS, Preset, Value
from lti_tool.lti.typed_connections import LONGEST_NAME, Read, Typed
from lti_tool.models import Organisation, Platform
from lti_tool.services import audit, invitations, platforms
from lti_tool.services.administrators import ActingAdministrator
from lti_tool.services.invitations import Invited
from lti_tool.services.own_addresses import our_tool
from lti_tool.services.platforms import Registration, organisation_named

# How long an invitation may last, in days; the first is what a form begins with.
DAYS = (7, 1, 30)
NEW = "new"
Problems = dict[str, list[str]]

__all__ = ["DAYS", "NEW", "PRESETS", "Choice", "Preset", "Typed", "Wish", "choices", "connect", "invite"]


@dataclass(frozen=True)
class Wish:
    """Whose the platform is to be: an organisation by its number, `new` with a name; empty: the only one."""

    organisation: str = ""
    new_organisation: str = ""


@dataclass(frozen=True)
class Choice:
    """An organisation that a platform may be connected for."""

    id: int
    name: str


def choices(admin: ActingAdministrator) -> list[Choice]:
    """Return the organisations that this administrator may connect a platform for, by name."""
    wanted = select(Organisation.id, Organisation.name).order_by(Organisation.name)
    if not admin.operator:
        wanted = wanted.where(Organisation.id.in_(admin.organisation_ids))
    return [Choice(*row) for row in db.session.execute(wanted)]


def preset_called(key: str | None) -> Preset:
    """Return what is known of this kind of LMS; of any LMS where we know none of that name."""
    return presets.called(key)


def values_for(preset: Preset) -> list[Value]:
    """Return what the form of this kind of LMS is to be filled in with."""
    return preset.values(our_tool())


def connect(
    admin: ActingAdministrator,
    preset: Preset,
    typed: Typed,
    wish: Wish,
    base_url: str,
    outbound_allow: tuple[str, ...],
    now: datetime,
) -> int:
    """Register a platform by what was typed of it; return its number.

    :raises Unfit: with a code for each field that has to be corrected; `client_id` may be `taken`, by a
        platform whose number is in `facts["known"]` when the administrator may see it.
    """
    read = typed_connections.read(typed, preset, typed_connections.plain_http_allowed(outbound_allow))
    problems = dict(read.problems)
    owner_id = _owner(admin, wish, problems, base_url, now)
    if problems or owner_id is None:
        raise Unfit(problems)
    try:
        platform = platforms.added(_registration(read, preset), owner_id, now)
    except Stale:
        raise _taken(admin, read) from None
    audit.record_administration(
        admin.administrator_id,
        "platform.added",
        f"platform:{platform.id}",
        now,
        owner_id,
        issuer=platform.issuer,
        client_id=platform.client_id,
    )
    return platform.id


def invite(
    admin: ActingAdministrator, name: str, days: int, wish: Wish, base_url: str, now: datetime
) -> Invited:
    """Make an invitation that an LMS takes by Dynamic Registration.

    :raises Unfit: with a code for each field that has to be corrected.
    """
    problems: Problems = {}
    name = name.strip()
    if not name:
        problems["name"] = ["required"]
    elif len(name) > LONGEST_NAME:
        problems["name"] = ["too-long"]
    if days not in DAYS:
        problems["days"] = ["unknown"]
    owner_id = _owner(admin, wish, problems, base_url, now)
    if problems or owner_id is None:
        raise Unfit(problems)
    owner = db.session.get_one(Organisation, owner_id)
    made = invitations.invited(name, owner, base_url, now, timedelta(days=days))
    subject = f"invitation:{made.id}"
    audit.record_administration(admin.administrator_id, "platform.invited", subject, now, owner_id, name=name)
    return made


def _registration(read: Read, preset: Preset) -> Registration:
    found = read.addresses
    return Registration(
        name=read.name,
        issuer=found.issuer,
        client_id=read.client_id,
        auth_url=found.auth_url,
        token_url=found.token_url,
        jwks_url=found.jwks_url,
        token_audience=found.token_audience,
        deployment_ids=read.deployment_ids,
        preset=preset.key,
    )


def _taken(admin: ActingAdministrator, read: Read) -> Unfit:
    found = db.session.scalars(
        select(Platform).filter_by(issuer=read.addresses.issuer, client_id=read.client_id)
    ).one()
    refusal = Unfit({"client_id": ["taken"]})
    if admin.may_see(found.organisation_id):
        refusal.facts |= {"known": found.id, "name": found.name}
    return refusal


def _owner(
    admin: ActingAdministrator, wish: Wish, problems: Problems, base_url: str, now: datetime
) -> int | None:
    """The organisation that was chosen; a new one is made only when nothing else is to be corrected."""
    offered = choices(admin)
    if wish.organisation == NEW and admin.operator:
        name = wish.new_organisation.strip()
        if not name or len(name) > LONGEST_NAME:
            problems["new_organisation"] = ["required" if not name else "too-long"]
        return None if problems else organisation_named(name, base_url, now).id
    if not wish.organisation and len(offered) == 1:
        return offered[0].id
    if not wish.organisation and not offered and admin.operator:
        return None if problems else organisation_named(None, base_url, now).id
    chosen = next((one.id for one in offered if str(one.id) == wish.organisation), None)
    if chosen is None:
        problems["organisation"] = ["choose"]
    return chosen
