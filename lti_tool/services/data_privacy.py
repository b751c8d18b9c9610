"""What is held about a person, in kinds and numbers, for who administers their LMS (data privacy launch).

Nothing is shown of what anybody wrote or got, nobody is let in, and every look is in the audit log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select

from lti_tool.extensions import db
from lti_tool.lti.launch import ForUser, Launch
from lti_tool.models import Community, Course, Deployment, Enrolment, Membership, User
from lti_tool.services import audit, enrolment, held_kinds, launch_log, person_export
from lti_tool.services.coming_again import of_person, said_of_person
from lti_tool.services.upserts import upsert_id

_TOLD_BY_THE_LMS = ("name", "given_name", "family_name", "email", "picture", "locale")
KINDS = tuple(dict.fromkeys(kind.key for kind in (*held_kinds.KINDS.values(), held_kinds.OTHER)))


@dataclass(frozen=True)
class WhatIsHeld:
    """What there is about `person`. `told`: what of the account the LMS told us, by its LTI names.

    `numbers`: how many rows of each kind, in the order of `KINDS`; both empty when nothing is held.
    `account`: the number of the account here, which the console asks for.
    """

    person: ForUser
    told: Sequence[str]
    numbers: Mapping[str, int]
    account: int | None = None


def look_up(launch: Launch, now: datetime) -> WhatIsHeld:
    """Say what is held about the person whom a data privacy launch is about, and note who asked.

    Somebody of another organisation is as unknown as somebody who never was here.

    :raises LaunchRefused: `privacy-not-administrator`: the launch names no role over the whole LMS;
        `deployment-waiting`.
    """
    if not launch.lms_administrator:
        raise launch.refused("privacy-not-administrator", "no role over the whole LMS")
    deployment_id = enrolment.deployment_of(launch, now)
    organisation_id = db.session.get_one(Deployment, deployment_id).organisation_id
    person = _person(launch, organisation_id)
    _note(launch, person, organisation_id, now)
    if person is None:
        return WhatIsHeld(launch.for_user, (), {})
    told = [name for name in _TOLD_BY_THE_LMS if getattr(person, name) is not None]
    return WhatIsHeld(launch.for_user, told, _numbers(person, organisation_id), person.id)


def _person(launch: Launch, organisation_id: int) -> User | None:
    """The account, when it is in a course of this organisation: one registration may serve several."""
    here = (
        exists()
        .where(
            Enrolment.user_id == User.id,
            Course.id == Enrolment.course_id,
            Deployment.id == Course.deployment_id,
            Deployment.organisation_id == organisation_id,
        )
        .correlate(User)
    )
    wanted = select(User).where(
        User.platform_id == launch.platform_id, User.sub == launch.for_user.id, User.erased_at.is_(None), here
    )
    return db.session.scalars(wanted).one_or_none()


def _numbers(person: User, organisation_id: int) -> dict[str, int]:
    members = list(
        db.session.scalars(
            select(Membership.id)
            .join(Community, Community.id == Membership.community_id)
            .where(Membership.user_id == person.id, Community.organisation_id == organisation_id)
        )
    )
    numbers = dict.fromkeys(KINDS, 0)
    for table, rows in person_export.counts(person.id, members).items():
        numbers[held_kinds.KINDS.get(table, held_kinds.OTHER).key] += rows
    return {kind: number for kind, number in numbers.items() if number}


def _note(launch: Launch, person: User | None, organisation_id: int, now: datetime) -> None:
    """Write down who looked. Whoever looks is an account by that, and nothing more: in no course, nowhere."""
    looker = upsert_id(User, *of_person(launch, now), update=said_of_person(launch))
    subject = f"user:{person.id}" if person else None
    audit.record_account(looker, "privacy.looked", subject, now, organisation_id)
    launch_log.admitted(launch, now, code="data-privacy", user_id=looker)
