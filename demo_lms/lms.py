"""The LMS itself: its people, courses, gradebook, open launches and tokens, in memory behind one lock."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import RLock

from demo_lms import gradebook as book
from demo_lms.calls import Call, CallLog
from demo_lms.gradebook import Grade, LineItem, Score
from demo_lms.keys import PlatformKey, ToolKeys, fetch_over_http, new_signing_key
from demo_lms.launches import PendingLaunches
from demo_lms.people import COURSES, PEOPLE, Course, Person
from demo_lms.settings import LmsSettings, Quirks
from demo_lms.storage import State, read_state, write_state
from demo_lms.tokens import Tokens

OWN_COLUMN_MAXIMUM = 100


class Lms:
    """One running LMS. Every method may be called from any thread."""

    def __init__(self, settings: LmsSettings):
        self.settings = settings
        self.quirks: Quirks = settings.quirks
        self.lock = RLock()
        self.people: dict[str, Person] = {person.key: person for person in PEOPLE}
        self.courses: dict[str, Course] = {course.id: course for course in COURSES}
        self.pending_launches = PendingLaunches()
        self.tokens = Tokens()
        self.calls = CallLog()
        self.tool_keys = ToolKeys(settings.tool_key_set_url, settings.fetch or fetch_over_http)
        self._take_up_state()

    def now(self) -> datetime:
        """The LMS's clock: aware, UTC."""
        return self.settings.clock()

    # People and courses

    def person(self, sub: str) -> Person | None:
        """The account a tool knows as `sub`."""
        return next((person for person in list(self.people.values()) if person.sub == sub), None)

    def add_person(self, person: Person) -> Person:
        """Enrol somebody more; a person with the same key is replaced."""
        with self.lock:
            self.people[person.key] = person
        return person

    def enrol(self, key: str, course_id: str, *roles: str) -> Person:
        """Give a person these role URIs in a course, in place of what was there; none ends the enrolment."""
        with self.lock:
            person = self.people[key]
            others = {course: given for course, given in person.roles.items() if course != course_id}
            return self.add_person(replace(person, roles={**others, course_id: roles} if roles else others))

    def add_course(self, course: Course) -> Course:
        """Open another course with its activity and the activity's own column."""
        with self.changing():
            self.courses[course.id] = course
            self._add_own_column(course)
        return course

    def people_in(self, course_id: str) -> list[Person]:
        """Everybody enrolled in a course."""
        return [person for person in list(self.people.values()) if course_id in person.roles]

    # Gradebook

    def lineitems(self, course_id: str) -> list[LineItem]:
        """The columns a teacher sees; the activity's own one only while the activity is graded."""
        graded = self.quirks.lineitem_in_launch
        with self.lock:
            return [item for item in self.gradebook.of_course(course_id) if graded or not item.own]

    def lineitem(self, course_id: str, item_id: int) -> LineItem | None:
        """One visible column of a course."""
        return next((item for item in self.lineitems(course_id) if item.id == item_id), None)

    def own_lineitem(self, course_id: str) -> LineItem | None:
        """The activity's own column, None when it is not graded or the column was deleted."""
        return next((item for item in self.lineitems(course_id) if item.own), None)

    def grade_of(self, course_id: str, sub: str, lineitem_id: int | str | None = None) -> Grade | None:
        """What a person has in a column (number or address; default: the first one that has anything)."""
        with self.lock:
            wanted = None if lineitem_id is None else item_number(lineitem_id)
            columns = [item for item in self.lineitems(course_id) if wanted is None or item.id == wanted]
            return next((item.grades[sub] for item in columns if sub in item.grades), None)

    def score_of(self, course_id: str, sub: str, lineitem_id: int | str | None = None) -> float | None:
        """The value a person has in a column, None for an empty or absent grade; see `grade_of`."""
        grade = self.grade_of(course_id, sub, lineitem_id)
        return grade.score if grade else None

    def teacher_sets_grade(
        self,
        course_id: str,
        sub: str,
        value: float | None,
        lineitem_id: int | str | None = None,
        comment: str = "",
    ) -> None:
        """A teacher types a grade into a column (default: the first one); None takes the grade away.

        Raises KeyError when the course has no such column.
        """
        with self.changing():
            wanted = None if lineitem_id is None else item_number(lineitem_id)
            columns = [item for item in self.lineitems(course_id) if wanted is None or item.id == wanted]
            if not columns:
                raise KeyError(f"course {course_id} has no column {lineitem_id or ''}".strip())
            book.set_by_hand(columns[0], sub, value, comment, self.now())

    def record_score(self, item: LineItem, score: Score) -> bool:
        """Take a score sent by the tool; answers whether a value stands. Raises EarlierTimestamp."""
        quirks = self.quirks
        with self.changing():
            return book.record(
                item, score, self.now(), quirks.strict_timestamps, quirks.only_fully_graded_keeps_the_grade
            )

    # Calls received

    @property
    def requests(self) -> list[Call]:
        """Every call received, oldest first."""
        return self.calls.all()

    def calls_described(self, word: str) -> list[Call]:
        """The calls with this word (see `demo_lms.calls.WORDS`), oldest first."""
        return [call for call in self.requests if call.word == word]

    # State

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock while the gradebook changes, and keep the outcome in the state file."""
        with self.lock:
            yield
            self._keep()

    def sign(self, claims: dict, **header: object) -> str:
        """A JWT signed with the LMS's key; keyword arguments replace header members."""
        return self.key.sign(claims, header)

    def _take_up_state(self) -> None:
        path = self.settings.state_file
        kept = read_state(path) if path else None
        state = kept or State(
            book.Gradebook(), self.settings.signing_key or new_signing_key(), secrets.token_hex()
        )
        self.gradebook = state.gradebook
        self.cookie_secret = state.cookie_secret
        self.key = PlatformKey(self.settings.signing_key or state.signing_key)
        if not kept:
            for course in self.courses.values():
                self._add_own_column(course)
            self._keep()

    def _add_own_column(self, course: Course) -> None:
        self.gradebook.add(
            course.id, course.link_title, OWN_COLUMN_MAXIMUM, resource_link_id=course.link_id, own=True
        )

    def _keep(self) -> None:
        if self.settings.state_file:
            write_state(self.settings.state_file, State(self.gradebook, self.key.private, self.cookie_secret))


def item_number(identifier: int | str) -> int:
    """The number of a column, given that number or the address a tool knows it by."""
    text = str(identifier)
    return int(text.split("/lineitems/")[1].split("/")[0] if "/lineitems/" in text else text)
