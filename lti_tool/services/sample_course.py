"""Fills the demo's courses with four weeks of life, told through the same services that people use.

``sample_story`` knows what happens, ``sample_times`` when; the words stand in ``sample/<locale>.json``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import select

from lti_tool import settings
from lti_tool.extensions import db
from lti_tool.lti import names
from lti_tool.lti.launch import Context, GradeService, Launch, Link
from lti_tool.lti.roles import is_test_user, role_of
from lti_tool.models import Deployment, Platform
from lti_tool.permissions import Act
from lti_tool.services import enrolment, notifications, roles, visits
from lti_tool.services.acting import ActingMember
from lti_tool.services.enrolment import Enrolled
from lti_tool.services.sample_story import sample_for, steps_of
from lti_tool.services.sample_times import SampleTimes


class SampleCourse(Protocol):
    """A course of the LMS with the one activity that opens the community; `locale` is its language."""

    id: str
    label: str
    title: str
    locale: str
    link_id: str
    link_title: str


class SamplePerson(Protocol):
    """An account of the LMS; `roles` are URIs by course id, `key` is the person's name in the sample."""

    key: str
    sub: str
    given: str | None
    family: str | None
    email: str | None
    roles: Mapping[str, tuple[str, ...]]


def fill(
    platform: Platform,
    deployment_id: str,
    courses: Iterable[SampleCourse],
    people: Iterable[SamplePerson],
    default_zone: str,
    now: datetime,
    columns_url: Callable[[str], str],
) -> None:
    """Let four weeks pass in these courses, of which the fourth runs at `now`; flushes, never commits.

    Everything happens on weekdays, by day, before `now`; the same `now` gives the same contributions.

    :param deployment_id: one that the platform has already.
    :param people: all whom the samples name; others have not come yet.
    :param default_zone: IANA zone of the communities. :param now: aware.
    :param columns_url: gives the address of a course's gradebook columns (AGS container) by course id.
    """
    deployment = select(Deployment.id).filter_by(platform_id=platform.id, deployment_id=deployment_id)
    deployment_key = db.session.scalars(deployment).one()
    accounts = {person.key: person for person in people}
    for course in courses:
        lms = LmsCourse(platform, deployment_id, deployment_key, course, columns_url(course.id))
        classroom = Classroom(lms, accounts, default_zone)
        for step in steps_of(sample_for(course.locale), SampleTimes(default_zone, now)):
            member = classroom.visited_by(step.who, step.at)
            step.act(member, step.at, classroom.membership_ids)
    db.session.flush()


@dataclass(frozen=True)
class LmsCourse:
    """Where the launches into one course come from."""

    platform: Platform
    deployment_id: str
    deployment_key: int
    course: SampleCourse
    columns_url: str

    def launch_of(self, person: SamplePerson) -> Launch:
        """Return the launch by which the LMS would send this person into the course."""
        platform, course, raw = self.platform, self.course, tuple(person.roles[self.course.id])
        return Launch(
            platform_id=platform.id,
            deployment_key=self.deployment_key,
            deployment_id=self.deployment_id,
            accept_deployment=False,
            message_type="LtiResourceLinkRequest",
            sub=person.sub,
            name=" ".join(part for part in (person.given, person.family) if part) or None,
            given_name=person.given,
            family_name=person.family,
            email=person.email,
            picture=None,
            locale=course.locale,
            roles=raw,
            role=role_of(raw),
            test_user=is_test_user(raw),
            context=Context(course.id, course.title, course.label, ("CourseSection",)),
            link=Link(course.link_id, course.link_title),
            target_link_uri=settings.current().base_url + "/lti/launch",
            target_differs=False,
            return_url=None,
            document_target="iframe",
            grades=GradeService(self.columns_url, None, names.AGS_SCOPES),
            roster_url=None,
            groups=None,
            group_numbers=None,
            custom={},
            product=None,
            issuer=platform.issuer,
            client_id=platform.client_id,
            frame_origins=(),
            masked_claims={},
        )


class Classroom:
    """One course while its weeks pass: who has come so far."""

    def __init__(self, lms: LmsCourse, accounts: Mapping[str, SamplePerson], zone: str) -> None:
        self._lms = lms
        self._accounts = accounts
        self._zone = zone
        self._here: dict[str, Enrolled] = {}

    @property
    def membership_ids(self) -> dict[str, int]:
        """Memberships of those who have come, by the key of the person."""
        return {key: there.membership.id for key, there in self._here.items()}

    def visited_by(self, key: str, at: datetime) -> ActingMember:
        """Let somebody in: by a launch the first time, later as a page that is opened again."""
        if key in self._here:
            visits.begin_visit(self._here[key].membership, at)
        else:
            self._here[key] = enrolment.enrol(self._lms.launch_of(self._accounts[key]), self._zone, at)
            self._here[key].membership.welcomed_at = at  # a course that has run for weeks has no newcomers
        there = self._here[key]
        member = ActingMember(
            membership=there.membership,
            user=there.user,
            community=there.community,
            role=roles.in_force(there.membership, [there.enrolment], at),
            scored=roles.is_scored([there.enrolment], at),
            course_id=there.course.id,
        )
        if member.may(Act.KEEP):
            notifications.read(member, at, at)  # whoever comes reads what they were told
        return member
