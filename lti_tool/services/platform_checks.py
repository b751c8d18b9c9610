"""The health check of a platform: can it reach us, can we reach it, do the clocks agree, what waits.

Used by the command line and at the end of a registration. The sentences for people stand where they are
shown: `cli/platform_checks.py` and `templates/components/platform_checks.html`, one for each of `CODES`.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.lti import checks, names
from lti_tool.lti.access_tokens import PlatformAccess, access_to
from lti_tool.lti.checks import Outcome
from lti_tool.models import Course, Deployment, DeploymentState, LaunchRecord, Platform, PlatformState

Transaction = Callable[[], AbstractContextManager[None]]

# More than this between the clocks is worth a sentence, in seconds.
CLOCK_TOLERANCE = 5.0
# What the latest courses of a platform were offered stands for all of them.
_LATEST_COURSES = 20
_OUR_SCOPES = frozenset((*names.AGS_SCOPES, names.ROSTER_READ))
_USUAL_SCOPES = (names.LINE_ITEM, names.SCORE, names.RESULT_READ, names.ROSTER_READ)

CODES = (
    "active",
    "suspended",
    "addresses-safe",
    "address-unsafe",
    "keys-found",
    "keys-unusable",
    "keys-unreachable",
    "token-granted",
    "token-partial",
    "token-refused",
    "token-unreachable",
    "clock-agrees",
    "clock-differs",
    "clock-unknown",
    "deployments-known",
    "deployments-none",
    "deployments-waiting",
    "launched",
    "never-launched",
)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a code of `CODES`, whether it is well, and what was seen."""

    code: str
    ok: bool
    detail: str | None = None


@dataclass(frozen=True)
class _Subject:
    """What a check needs to know of a platform before it calls out, as plain values."""

    access: PlatformAccess
    jwks_url: str
    urls: tuple[str, ...]
    scopes: Sequence[str]
    known_here: list[Finding]
    suspended: bool


def check(platform_id: int, now: datetime, transaction: Transaction) -> list[Finding]:
    """Look at everything that a working connection needs, and keep the report with the platform.

    A suspended platform is not called: nothing is sent to it nor read from it.

    :param now: aware UTC; :param transaction: makes the context of one short transaction, none is open
        during the calls, which take half a minute at the very worst.
    :raises NotFound: no such platform.
    """
    with transaction():
        subject = _subject(platform_id)
    findings = [Finding("suspended", False)] if subject.suspended else _tried(subject, now, transaction)
    findings += subject.known_here
    with transaction():
        platform = db.session.get(Platform, platform_id)
        platform.checked_at, platform.check_report = now, [asdict(finding) for finding in findings]
    return findings


def _subject(platform_id: int) -> _Subject:
    platform = db.session.get(Platform, platform_id)
    if platform is None:
        raise NotFound("no-such-platform")
    return _Subject(
        access=access_to(platform),
        jwks_url=platform.jwks_url,
        urls=(platform.auth_url, platform.token_url, platform.jwks_url),
        scopes=_scopes_of(platform),
        known_here=[_deployments(platform.id), _last_launch(platform.id)],
        suspended=platform.state is PlatformState.SUSPENDED,
    )


def _tried(subject: _Subject, now: datetime, transaction: Transaction) -> list[Finding]:
    unsafe = checks.unsafe_addresses(subject.urls)
    with checks.short_client() as client:
        keys = checks.try_key_set(subject.jwks_url, client, lambda: now, transaction)
        token = checks.try_token(subject.access, subject.scopes, client, lambda: now, transaction)
    return [
        Finding("active", True),
        Finding("address-unsafe", False, ", ".join(unsafe)) if unsafe else Finding("addresses-safe", True),
        _finding(keys),
        _finding(token),
        _clock(keys.clock_offset),
    ]


def _finding(outcome: Outcome) -> Finding:
    return Finding(outcome.code, outcome.ok, outcome.detail)


def _clock(offset: float | None) -> Finding:
    if offset is None:
        return Finding("clock-unknown", True)
    if abs(offset) > CLOCK_TOLERANCE:
        return Finding("clock-differs", False, str(timedelta(seconds=round(abs(offset)))))
    return Finding("clock-agrees", True)


def _scopes_of(platform: Platform) -> Sequence[str]:
    """The scopes that this platform is known to offer: agreed at registration, or told by its launches."""
    agreed = (platform.registration or {}).get("scope")
    known = set(agreed.split()) if isinstance(agreed, str) else set[str]()
    latest = (
        select(Course.grade_scopes, Course.roster_url)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id == platform.id)
        .order_by(Course.id.desc())
        .limit(_LATEST_COURSES)
    )
    for scopes, roster_url in db.session.execute(latest):
        known |= set(scopes or ()) | ({names.ROSTER_READ} if roster_url else set())
    # An LMS may name scopes that are no service of ours, such as openid.
    return sorted(known & _OUR_SCOPES) or list(_USUAL_SCOPES)


def _deployments(platform_id: int) -> Finding:
    counted = dict(
        db.session.execute(
            select(Deployment.state, func.count())
            .where(Deployment.platform_id == platform_id)
            .group_by(Deployment.state)
        ).all()
    )
    if waiting := counted.get(DeploymentState.WAITING):
        return Finding("deployments-waiting", False, str(waiting))
    known = counted.get(DeploymentState.ACCEPTED, 0)
    return Finding("deployments-known", True, str(known)) if known else Finding("deployments-none", True)


def _last_launch(platform_id: int) -> Finding:
    last = db.session.scalar(
        select(func.max(LaunchRecord.at)).where(
            LaunchRecord.platform_id == platform_id, LaunchRecord.outcome == "admitted"
        )
    )
    if last is None:
        return Finding("never-launched", True)
    return Finding("launched", True, f"{last:%Y-%m-%d %H:%M} UTC")
