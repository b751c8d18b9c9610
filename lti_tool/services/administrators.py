"""Who administers: accounts of the console, and the organisations whose deployments they look after."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from lti_tool.errors import NotAllowed, NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.knowledge.cleaning import clean_text
from lti_tool.models import Administrator, AdministratorOrganisation, Organisation
from lti_tool.services import audit, sign_in
from lti_tool.services.platforms import organisation_named
from lti_tool.services.preferences import LANGUAGES
from lti_tool.services.upserts import insert_unless_there

_LABEL = r"[^\s@<>\"',;:()\[\]\\.]+"
_ADDRESS = re.compile(rf"[^\s@<>\"',;:()\[\]\\]+@{_LABEL}(?:\.{_LABEL})+")
LONGEST_ADDRESS, LONGEST_NAME = 320, 200


@dataclass(frozen=True)
class ActingAdministrator:
    """The administrator who asks: everything of the console takes it first."""

    administrator_id: int
    name: str  # what pages call them: the name, else the address
    email: str
    operator: bool
    organisation_ids: frozenset[int]
    locale: str | None = None

    def may_see(self, organisation_id: int | None) -> bool:
        """Tell whether things of this organisation are theirs to see; an operator sees every one."""
        return self.operator or organisation_id in self.organisation_ids

    def must_see(self, organisation_id: int | None) -> None:
        """Stop when these are not theirs: the console does not say that others exist.

        :raises NotFound: they are another organisation's.
        """
        if not self.may_see(organisation_id):
            raise NotFound("another-organisation")

    def must_operate(self) -> None:
        """Stop at what concerns the whole installation.

        :raises NotAllowed: for everybody but operators.
        """
        if not self.operator:
            raise NotAllowed("operators-only")


@dataclass(frozen=True)
class LookedAfter:
    """An organisation that an administrator looks after."""

    id: int
    name: str


@dataclass(frozen=True)
class Listed:
    """An account as a list shows it; `organisations` is empty for an operator."""

    id: int
    email: str
    name: str | None
    operator: bool
    organisations: tuple[LookedAfter, ...]
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None


def folded(email: str) -> str:
    """Return an address as it is kept: capitals never tell two people apart."""
    return email.strip().casefold()


def is_address(email: str) -> bool:
    """Tell whether this can be a mail address; whether it is one, a mail has to show."""
    return len(email) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(email) is not None


def add(
    email: str, organisation: str | None, operator: bool, base_url: str, now: datetime, by: int | None = None
) -> Administrator:
    """Make an account, or let one that exists see one more organisation, or all of them.

    A disabled one comes back with what is given here, nothing of what it could see before.

    :param organisation: made when new; None: for a new or disabled account the only one, called after the
        host of BASE_URL; for another none more. Not asked for an operator.
    :param by: the administrator who did so; None: from the command line.
    :raises Unfit: an organisation has to be named, since there are several.
    """
    if not operator and organisation is None and _begins_anew(email) and _are_several():
        # The one called after the host is somebody's as well: nobody is let into it by saying nothing.
        raise Unfit({"organisation": ["which-organisation"]})
    made = insert_unless_there(
        Administrator, {"email": folded(email)}, {"operator": operator, "created_at": now}
    )
    account = db.session.scalars(select(Administrator).where(Administrator.email == folded(email))).one()
    if anew := made or account.disabled_at is not None:
        _take_back_all(account)
    account.operator = account.operator or operator
    db.session.flush()
    owner_id = None
    if not operator and (anew or organisation is not None):
        owner_id = organisation_named(organisation, base_url, now).id
        key = {"administrator_id": account.id, "organisation_id": owner_id}
        insert_unless_there(AdministratorOrganisation, key, {})
    audit.record_administration(
        by, "administrator.added", _subject(account), now, owner_id, operator=account.operator
    )
    return account


def _begins_anew(email: str) -> bool:
    wanted = select(Administrator.id).where(
        Administrator.email == folded(email), Administrator.disabled_at.is_(None)
    )
    return db.session.scalars(wanted).first() is None


def _are_several() -> bool:
    return len(db.session.scalars(select(Organisation.id).limit(2)).all()) > 1


def _take_back_all(account: Administrator) -> None:
    """Let an account in again that sees nothing yet."""
    account.disabled_at = None
    account.operator = False
    db.session.execute(
        delete(AdministratorOrganisation).where(AdministratorOrganisation.administrator_id == account.id)
    )


def named(email: str) -> Administrator:
    """Return the account of a mail address, disabled or not.

    :raises NotFound: there is none.
    """
    account = db.session.scalars(
        select(Administrator).where(Administrator.email == folded(email))
    ).one_or_none()
    if account is None:
        raise NotFound("no-such-administrator")
    return account


def disable(email: str, now: datetime, by: int | None = None) -> None:
    """Let an account in no more, and end its sessions and links.

    :raises NotFound: there is no such account.
    """
    account = named(email)
    account.disabled_at = account.disabled_at or now
    sign_in.end_everywhere(account.id, now)
    audit.record_administration(by, "administrator.disabled", _subject(account), now, None)


def disable_one(admin: ActingAdministrator, administrator_id: int, now: datetime) -> None:
    """Let somebody in no more; nobody locks themselves out.

    :raises NotFound: there is no such account, or it is one's own.
    """
    admin.must_operate()
    account = db.session.get(Administrator, administrator_id)
    if account is None or account.id == admin.administrator_id:
        raise NotFound("no-such-administrator")
    disable(account.email, now, by=admin.administrator_id)


def withdraw(email: str, organisation: str, now: datetime) -> None:
    """Let an account look after an organisation no more; its others, and the account itself, stay.

    :raises NotFound: there is no such account, or it does not look after that organisation.
    """
    account = named(email)
    owner_id = db.session.scalars(select(Organisation.id).where(Organisation.name == organisation)).first()
    _withdraw(account, owner_id, now, None)


def withdraw_one(
    admin: ActingAdministrator, administrator_id: int, organisation_id: int, now: datetime
) -> None:
    """Do the same from the console. It holds at once: every request asks what its administrator sees.

    :raises NotFound: there is no such account, or it does not look after that organisation.
    """
    admin.must_operate()
    account = db.session.get(Administrator, administrator_id)
    if account is None:
        raise NotFound("no-such-administrator")
    _withdraw(account, organisation_id, now, admin.administrator_id)


def _withdraw(account: Administrator, organisation_id: int | None, now: datetime, by: int | None) -> None:
    taken = delete(AdministratorOrganisation).where(
        AdministratorOrganisation.administrator_id == account.id,
        AdministratorOrganisation.organisation_id == organisation_id,
    )
    if db.session.execute(taken).rowcount == 0:
        raise NotFound("not-looked-after")
    audit.record_administration(
        by, "administrator.organisation-withdrawn", _subject(account), now, organisation_id
    )


def rename(admin: ActingAdministrator, name: str) -> None:
    """Be called otherwise; an empty name is the address again.

    :raises Unfit: too long.
    """
    cleaned = " ".join(clean_text(name).split())
    if len(cleaned) > LONGEST_NAME:
        raise Unfit({"name": ["too-long"]})
    db.session.get_one(Administrator, admin.administrator_id).name = cleaned or None


def listed() -> list[Listed]:
    """Return every account, by address. Two statements."""
    accounts = db.session.scalars(select(Administrator).order_by(Administrator.email)).all()
    named = db.session.execute(
        select(AdministratorOrganisation.administrator_id, Organisation.id, Organisation.name)
        .join(Organisation, Organisation.id == AdministratorOrganisation.organisation_id)
        .order_by(Organisation.name)
    ).all()
    return [
        Listed(
            id=account.id,
            email=account.email,
            name=account.name,
            operator=account.operator,
            organisations=tuple(LookedAfter(*row) for owner, *row in named if owner == account.id),
            created_at=account.created_at,
            signed_in_at=account.signed_in_at,
            disabled_at=account.disabled_at,
        )
        for account in accounts
    ]


def organisations_of(admin: ActingAdministrator) -> list[str]:
    """Return the names of the organisations that this administrator sees. One statement."""
    wanted = select(Organisation.name).order_by(Organisation.name)
    if not admin.operator:
        wanted = wanted.where(Organisation.id.in_(admin.organisation_ids))
    return list(db.session.scalars(wanted))


def choose_language(admin: ActingAdministrator, language: str) -> None:
    """Show the console in a language from now on.

    :raises NotFound: we do not speak it.
    """
    if language not in LANGUAGES:
        raise NotFound("no-such-language")
    db.session.get_one(Administrator, admin.administrator_id).locale = language


def _subject(account: Administrator) -> str:
    return f"administrator:{account.id}"
