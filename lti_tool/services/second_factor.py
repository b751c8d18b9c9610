"""The second factor of an administrator: a code from an app (RFC 6238), or a recovery code in its place."""

import secrets
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, func, select, update

from lti_tool.errors import NotFound, Unfit
from lti_tool.extensions import db
from lti_tool.lti import keys
from lti_tool.models import Administrator, AdministratorSession, RecoveryCode
from lti_tool.services import administrators, audit, sign_in
from lti_tool.services.administrators import ActingAdministrator
from lti_tool.services.sessions import digest

ISSUER = "Community Value"
STEP_SECONDS = 30
# Clocks of telephones differ from ours by a step at most.
_NEIGHBOURS = 1
MOST_TRIES = 5
# Whoever has the first factor begins sessions at will: after so many wrong codes in a day, in all of them, no
# code of the app is taken, so that nobody guesses one in the end. A recovery code is: it cannot be guessed.
MOST_TRIES_IN_ALL, COUNTED_FOR = 20, timedelta(days=1)
RECOVERY_CODES = 8
# Without letters and digits that people confuse.
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_CODE_LENGTH = 10


def is_on(admin: ActingAdministrator) -> bool:
    """Tell whether a code is asked for at the next sign-in."""
    return _account(admin).totp_encrypted is not None


def propose(admin: ActingAdministrator) -> str:
    """Return the address that an app reads from a picture (otpauth:); nothing is asked for by it yet.

    The same one until it is confirmed or the factor was switched off.
    """
    account = _account(admin)
    if account.totp_encrypted is not None:
        raise NotFound("factor-is-on")
    pending = keys.decrypted(account.totp_pending_encrypted or "")
    if pending is None:
        pending = pyotp.random_base32()
        account.totp_pending_encrypted = keys.encrypted(pending)
        db.session.flush()
    return pyotp.TOTP(pending).provisioning_uri(name=account.email, issuer_name=ISSUER)


def proposed(admin: ActingAdministrator) -> str | None:
    """Return the address that `propose` made, None when nothing is proposed."""
    account = _account(admin)
    pending = keys.decrypted(account.totp_pending_encrypted or "")
    if account.totp_encrypted is not None or pending is None:
        return None
    return pyotp.TOTP(pending).provisioning_uri(name=account.email, issuer_name=ISSUER)


def switch_on(admin: ActingAdministrator, code: str, now: datetime) -> list[str]:
    """Ask for a code from the next sign-in on; return the recovery codes, which are told once.

    :raises Unfit: the code is not the one that the app shows now.
    """
    account = _account(admin)
    pending = keys.decrypted(account.totp_pending_encrypted or "")
    step = _step_of(pending, code, now) if pending else None
    if account.totp_encrypted is not None or step is None:
        raise Unfit({"code": ["wrong-code"]})
    account.totp_encrypted, account.totp_pending_encrypted = account.totp_pending_encrypted, None
    account.totp_step = step
    codes = _new_codes(account)
    _note(admin, "administrator.factor-on", now)
    return codes


def switch_off(admin: ActingAdministrator, session: AdministratorSession, code: str, now: datetime) -> bool:
    """Ask for no code any more; tell whether the code that it takes was a good one.

    Wrong ones are counted, so whoever calls this commits whatever comes of it.
    """
    account = _account(admin)
    if not _passes(account, session, code, now):
        return False
    _take_off(account)
    _note(admin, "administrator.factor-off", now)
    return True


def reset(email: str, now: datetime) -> None:
    """Ask for no code any more, where app and recovery codes are lost; sessions and links end.

    :raises NotFound: there is no such account.
    """
    account = administrators.named(email)
    _take_off(account)
    sign_in.end_everywhere(account.id, now)
    audit.record_administration(None, "administrator.factor-reset", f"administrator:{account.id}", now, None)


def _take_off(account: Administrator) -> None:
    account.totp_encrypted = account.totp_pending_encrypted = account.totp_step = None
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.administrator_id == account.id))
    # Wrong codes of the old factor do not count against the next one.
    db.session.execute(
        update(AdministratorSession)
        .where(AdministratorSession.administrator_id == account.id)
        .values(tries=0)
        .execution_options(synchronize_session=False)
    )


def show(session: AdministratorSession, code: str, now: datetime) -> bool:
    """Take the code of somebody who is half signed in; tell whether they are in now.

    Wrong ones are counted, as in `switch_off`.
    """
    account = db.session.get_one(Administrator, session.administrator_id)
    if not _passes(account, session, code, now):
        return False
    session.awaits_factor = False
    return True


def _passes(account: Administrator, session: AdministratorSession, code: str, now: datetime) -> bool:
    """Tell whether a code is good; after `MOST_TRIES` wrong ones in a row the session is over."""
    # One after the other: two requests at once neither use one code twice nor count as one try.
    db.session.refresh(account, with_for_update=True)
    db.session.refresh(session)
    if session.revoked_at is not None:
        return False
    if _is_good(account, code, now):
        session.tries = 0
        return True
    session.tries += 1
    if session.tries >= MOST_TRIES:
        session.revoked_at = now
        audit.record_administration(
            account.id, "administrator.factor-failed", f"administrator:{account.id}", now, None
        )
    db.session.flush()
    return False


def _is_good(account: Administrator, code: str, now: datetime) -> bool:
    secret = keys.decrypted(account.totp_encrypted or "")
    step = _step_of(secret, code, now) if secret and not _is_guessed_at(account.id, now) else None
    if step is not None and (account.totp_step is None or step > account.totp_step):
        # Each code once: whoever looked over a shoulder comes too late.
        account.totp_step = step
        return True
    return step is None and _use_recovery_code(account, code, now)


def why_not(administrator_id: int, now: datetime) -> str:
    """Return what to say of a code that was not taken: `wrong-code`, `recovery-codes-only`. One statement."""
    return "recovery-codes-only" if _is_guessed_at(administrator_id, now) else "wrong-code"


def _is_guessed_at(administrator_id: int, now: datetime) -> bool:
    tries = select(func.sum(AdministratorSession.tries)).where(
        AdministratorSession.administrator_id == administrator_id,
        AdministratorSession.created_at > now - COUNTED_FOR,
    )
    return (db.session.scalar(tries) or 0) >= MOST_TRIES_IN_ALL


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code is of; None when it is of none around now."""
    typed, current = "".join(code.split()), int(now.timestamp()) // STEP_SECONDS
    if not (typed.isascii() and typed.isdecimal()):
        return None
    totp = pyotp.TOTP(secret)
    for step in range(current - _NEIGHBOURS, current + _NEIGHBOURS + 1):
        if secrets.compare_digest(totp.generate_otp(step), typed):
            return step
    return None


def _use_recovery_code(account: Administrator, code: str, now: datetime) -> bool:
    typed = "".join(code.lower().split()).replace("-", "")
    if not typed.isascii():
        return False
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.administrator_id == account.id,
            RecoveryCode.code_hash == digest(typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return used.rowcount == 1


def recovery_codes_left(admin: ActingAdministrator) -> int:
    """Return how many recovery codes were not used."""
    wanted = select(RecoveryCode.id).where(
        RecoveryCode.administrator_id == admin.administrator_id, RecoveryCode.used_at.is_(None)
    )
    return len(db.session.scalars(wanted).all())


def _new_codes(account: Administrator) -> list[str]:
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.administrator_id == account.id))
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(administrator_id=account.id, code_hash=digest(code)) for code in codes)
    db.session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _account(admin: ActingAdministrator) -> Administrator:
    return db.session.get_one(Administrator, admin.administrator_id)


def _note(admin: ActingAdministrator, act: str, now: datetime) -> None:
    audit.record_administration(
        admin.administrator_id, act, f"administrator:{admin.administrator_id}", now, None
    )
    db.session.flush()
