"""The two courses of the demo LMS and the people in them, with the roles that the LMS gives them.

Roles are the URIs of the LTI vocabulary (LTI 1.3, appendix A.2). They are not all Moodle's: the cast covers
what Canvas and Brightspace send too (teaching assistant, mentor, test user).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2"
LEARNER = f"{VOCABULARY}/membership#Learner"
INSTRUCTOR = f"{VOCABULARY}/membership#Instructor"
TEACHING_ASSISTANT = f"{VOCABULARY}/membership/Instructor#TeachingAssistant"
CONTENT_DEVELOPER = f"{VOCABULARY}/membership#ContentDeveloper"
MENTOR = f"{VOCABULARY}/membership#Mentor"
MANAGER = f"{VOCABULARY}/membership#Manager"
MANAGER_OBSERVER = f"{VOCABULARY}/membership/Manager#Observer"
INSTITUTION_ADMINISTRATOR = f"{VOCABULARY}/institution/person#Administrator"
SYSTEM_ADMINISTRATOR = f"{VOCABULARY}/system/person#Administrator"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"


@dataclass(frozen=True)
class Course:
    """A course with its one community activity (resource link)."""

    id: str
    label: str
    title: str
    locale: str
    link_id: str
    link_title: str
    sections: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    """Ids of the courses that this one was copied from, the nearest first."""


@dataclass(frozen=True)
class Person:
    """An account of the LMS; `sub` is what a tool sees, names and e-mail are absent for a private account."""

    key: str
    sub: str
    given: str | None
    family: str | None
    email: str | None
    locale: str
    roles: Mapping[str, tuple[str, ...]]
    """Role URIs by course id; a course that is missing is one this person is not enrolled in."""
    known_as: str = ""
    """What the LMS itself shows for an account that shares no name."""
    mentees: tuple[str, ...] = field(default=())
    """Subs of the people a mentor accompanies."""
    suspended: bool = False
    """The account is closed: it opens no activity. Moodle goes on listing it with everybody else."""

    @property
    def name(self) -> str:
        """What the LMS shows on its own pages."""
        shared = " ".join(part for part in (self.given, self.family) if part)
        return shared or self.known_as or self.sub

    @property
    def is_administrator(self) -> bool:
        """Whether the LMS lets this person into every course."""
        return any(SYSTEM_ADMINISTRATOR in roles for roles in self.roles.values())

    def teaches(self, course_id: str) -> bool:
        """Whether the LMS lets this person see and change all grades of a course."""
        return self.is_administrator or INSTRUCTOR in self.roles.get(course_id, ())

    def is_graded_in(self, course_id: str) -> bool:
        """Whether the gradebook has a row for this person, as Moodle has for students only."""
        roles = self.roles.get(course_id, ())
        return LEARNER in roles and TEST_USER not in roles


FRENCH_COURSE = Course(
    id="2",
    label="MAN-A26",
    title="Manager de proximité",
    locale="fr",
    link_id="5",
    link_title="Communauté Managers de proximité",
    sections=(
        "1. Prendre son poste",
        "2. Poser le cadre",
        "3. Déléguer",
        "4. Conduire un entretien",
        "5. Donner du feedback",
    ),
)
ENGLISH_COURSE = Course(
    id="3",
    label="FLL-26",
    title="First-line leaders",
    locale="en",
    link_id="6",
    link_title="First-line leaders community",
    sections=(
        "1. Taking up the role",
        "2. Setting expectations",
        "3. Delegating",
        "4. Holding a review",
        "5. Giving feedback",
    ),
)
COURSES = (FRENCH_COURSE, ENGLISH_COURSE)


def _learner(key: str, given: str, family: str, course: Course) -> Person:
    email = f"{key}@example.org"
    return Person(key, f"u-{key}", given, family, email, course.locale, {course.id: (LEARNER,)})


def _colleague(
    key: str, given: str, family: str, roles: Mapping[str, tuple[str, ...]], **more: object
) -> Person:
    return Person(key, f"u-{key}", given, family, f"{key}@example.org", "fr", roles, **more)


_FR, _EN = FRENCH_COURSE.id, ENGLISH_COURSE.id
_ADMINISTRATOR = (INSTITUTION_ADMINISTRATOR, SYSTEM_ADMINISTRATOR)

PEOPLE = (
    _learner("ines", "Inès", "Lefèvre", FRENCH_COURSE),
    _learner("karim", "Karim", "Haddad", FRENCH_COURSE),
    _learner("awa", "Awa", "Diallo", FRENCH_COURSE),
    _learner("thomas", "Thomas", "Girard", FRENCH_COURSE),
    _learner("lea", "Léa", "Fontaine", FRENCH_COURSE),
    _learner("julien", "Julien", "Morel", FRENCH_COURSE),
    _learner("hugo", "Hugo", "Perrin", FRENCH_COURSE),
    _learner("sophie", "Sophie", "Renard", FRENCH_COURSE),
    _colleague("nadia", "Nadia", "Benali", {_FR: (LEARNER,)}),
    _colleague("claire", "Claire", "Dubois", {_FR: (INSTRUCTOR,), _EN: (INSTRUCTOR,)}),
    _colleague("marc", "Marc", "Vidal", {_FR: (INSTRUCTOR, TEACHING_ASSISTANT)}),
    _colleague("bruno", "Bruno", "Caron", {_FR: (CONTENT_DEVELOPER,), _EN: (CONTENT_DEVELOPER,)}),
    _colleague("helene", "Hélène", "Marchand", {_FR: (MANAGER, MANAGER_OBSERVER)}),
    _colleague("patrick", "Patrick", "Roy", {_FR: (MENTOR,)}, mentees=("u-julien",)),
    _learner("grace", "Grace", "Okafor", ENGLISH_COURSE),
    _learner("omar", "Omar", "Siddiqui", ENGLISH_COURSE),
    _learner("priya", "Priya", "Nair", ENGLISH_COURSE),
    _learner("daniel", "Daniel", "Walsh", ENGLISH_COURSE),
    Person("anonymous", "u-7f3a91", None, None, None, "fr", {_FR: (LEARNER,)}, known_as="Compte 7f3a91"),
    Person("testuser", "u-testuser", "Test", "Student", None, "fr", {_FR: (LEARNER, TEST_USER)}),
    _colleague("ruth", "Ruth", "Keller", {_FR: _ADMINISTRATOR, _EN: _ADMINISTRATOR}),
)
