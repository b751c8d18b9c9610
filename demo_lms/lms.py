"""The LMS itself: its people, courses, gradebook, tools, launches and tokens, in memory behind one lock."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import RLock

from demo_lms import gradebook as book
from demo_lms.calls import Call, CallLog
from demo_lms.content_items import Item
from demo_lms.gradebook import Grade, LineItem, Score
from demo_lms.groups import GROUP_SETS, GROUPS, Group, GroupSet
from demo_lms.keys import PlatformKey, ToolKeys, fetch_over_http, new_signing_key
from demo_lms.launches import PendingLaunches
from demo_lms.links import Choices, Link, own_link
from demo_lms.notices import (
    CONTEXT_COPY,
    NoticeHandlers,
    Sent,
    body_of,
    context_of,
    notice_claims,
    origins,
    send_over_http,
)
from demo_lms.people import COURSES, LEARNER, PEOPLE, Course, Person
from demo_lms.registration import Invitation, RegistrationTokens, address_to_open
from demo_lms.settings import LmsSettings, Quirks
from demo_lms.storage import State, read_state, write_state
from demo_lms.tokens import Tokens
from demo_lms.tools import Tool, Tools

OWN_COLUMN_MAXIMUM = 100
FIRST_LINK = 101
"""Numbers of activities that tools gave; the own ones of courses have smaller ones."""


class Lms:
    """One running LMS. Every method may be called from any thread."""

    def __init__(self, settings: LmsSettings):
        self.settings = settings
        self.quirks: Quirks = settings.quirks
        self.lock = RLock()
        self.people: dict[str, Person] = {person.key: person for person in PEOPLE}
        self.courses: dict[str, Course] = {course.id: course for course in COURSES}
        self.groups: dict[str, list[Group]] = {course: list(groups) for course, groups in GROUPS.items()}
        self.group_sets: dict[str, list[GroupSet]] = {
            course: list(sets) for course, sets in GROUP_SETS.items()
        }
        self.links: dict[str, Link] = {}
        self.pending_launches = PendingLaunches()
        self.choices = Choices()
        self.tokens = Tokens()
        self.registration_tokens = RegistrationTokens()
        self.calls = CallLog(settings.calls_kept)
        self.notice_handlers = NoticeHandlers()
        self.notices_sent: list[Sent] = []
        fetch = settings.fetch or fetch_over_http
        self.tool_keys = ToolKeys(settings.tool_key_set_url, fetch)
        self.tools = Tools(settings, self._take_up_state(), fetch)
        self._keep()

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

    def leave(self, key: str, course_id: str) -> Person:
        """End a person's enrolment in a course."""
        return self.enrol(key, course_id)

    def suspend(self, key: str) -> Person:
        """Close an account: it opens no activity any more, and stays in the rosters as in Moodle."""
        with self.lock:
            return self.add_person(replace(self.people[key], suspended=True))

    def fill_course(self, course_id: str, number: int) -> list[Person]:
        """Enrol that many new learners at once; the nth is p-<course>-<n>, for tools u-p-<course>-<n>."""
        with self.lock:
            first = 1 + sum(key.startswith(f"p-{course_id}-") for key in self.people)
            added = [_one_of_many(course_id, first + place) for place in range(number)]
            self.people.update({person.key: person for person in added})
        return added

    def add_course(self, course: Course) -> Course:
        """Open another course with its activity and the activity's own column."""
        with self.changing():
            self.courses[course.id] = course
            self._add_own_column(course)
        return course

    def copy_course(self, course_id: str) -> Course:
        """Make a course from another, its teachers in it and nobody else; tools that want to know are told.

        Raises KeyError when there is no such course. A copy is forgotten when the LMS ends.
        """
        origin, name = self.courses[course_id], secrets.token_hex(4)
        copied = {"id": f"{course_id}-{name}", "link_id": f"{origin.link_id}-{name}"}
        copy = self.add_course(replace(origin, **copied, history=(origin.id, *origin.history)))
        self._copy_links(origin, copy)
        for person in self.people_in(course_id):
            if person.teaches(course_id):
                self.enrol(person.key, copy.id, *person.roles[course_id])
        for tool in self.tools.active():
            self.send_notice(tool, CONTEXT_COPY, context_of(copy) | origins(origin))
        return copy

    def _copy_links(self, origin: Course, copy: Course) -> None:
        """Activities come along with all that the tool gave, their columns without grades, as in Moodle."""
        with self.changing():
            for link in self.links_of(origin.id):
                again = replace(link, id=self._next_link_id(), course_id=copy.id)
                self.links[again.id] = again
                for item in self.gradebook.of_course(origin.id):
                    if item.resource_link_id == link.id:
                        book.copy_column(self.gradebook, item, copy.id, again.id)

    # Activities that were placed by deep linking

    def links_of(self, course_id: str) -> list[Link]:
        """The activities of a course that tools gave, oldest first."""
        with self.lock:
            return [link for link in self.links.values() if link.course_id == course_id]

    def link(self, course: Course, link_id: str | None, client_id: str | None = None) -> Link | None:
        """An activity of a course: the own one (default), which opens the named or usual tool, or another."""
        if link_id in (None, "", course.link_id):
            tool = self.tools.to_launch(client_id)
            return own_link(course, tool) if tool else None
        return next((link for link in self.links_of(course.id) if link.id == link_id), None)

    def place(self, course_id: str, client_id: str, items: list[Item]) -> list[Link]:
        """Put activities that a tool gave into a course, each with its column if it is to have one."""
        with self.changing():
            return [self._placed(course_id, client_id, item) for item in items]

    def _placed(self, course_id: str, client_id: str, item: Item) -> Link:
        link = Link(
            id=self._next_link_id(),
            course_id=course_id,
            title=item.title,
            client_id=client_id,
            url=item.url,
            text=item.text,
            custom=item.custom,
            review_url=item.review_url,
        )
        self.links[link.id] = link
        if item.column:
            column = item.column
            # As in Moodle: the gradebook shows the name of the activity.
            self.gradebook.add(
                course_id,
                item.title,
                column.maximum,
                resource_id=column.resource_id,
                tag=column.tag,
                resource_link_id=link.id,
                own=True,
                reviewable=column.reviewable,
                made_by=client_id,
            )
        return link

    def _next_link_id(self) -> str:
        return str(max((int(link_id) for link_id in self.links), default=FIRST_LINK - 1) + 1)

    def send_notice(self, tool: Tool, notice_type: str, about: dict) -> None:
        """Send a notice to a tool, if it said where; nothing holds the lock while the tool answers."""
        handler = self.notice_handlers.of(tool, notice_type)
        if not handler:
            return
        claims = notice_claims(self.settings.issuer, tool, notice_type, self.now(), about)
        send, body = self.settings.send or send_over_http, body_of(self.sign(claims))
        for _ in range(2 if self.quirks.notices_sent_twice else 1):
            self.notices_sent.append(Sent(notice_type, handler, send(handler, body)))

    def people_in(self, course_id: str) -> list[Person]:
        """Everybody enrolled in a course."""
        return [person for person in list(self.people.values()) if course_id in person.roles]

    def groups_of(self, sub: str, course_id: str) -> list[Group]:
        """The groups of a course that somebody is in."""
        return [group for group in list(self.groups.get(course_id, ())) if sub in group.members]

    # Gradebook

    def lineitems(self, course_id: str) -> list[LineItem]:
        """The columns a teacher sees; that of the course's own activity only while the activity is graded."""
        graded = self.quirks.lineitem_in_launch
        with self.lock:
            columns = self.gradebook.of_course(course_id)
            return [item for item in columns if graded or not self._is_of_the_own_activity(item)]

    def _is_of_the_own_activity(self, item: LineItem) -> bool:
        return item.own and item.resource_link_id not in self.links

    def lineitem(self, course_id: str, item_id: int) -> LineItem | None:
        """One visible column of a course."""
        return next((item for item in self.lineitems(course_id) if item.id == item_id), None)

    def own_lineitem(self, course_id: str) -> LineItem | None:
        """The own activity's column, None when it is not graded or the column was deleted."""
        return next((item for item in self.lineitems(course_id) if self._is_of_the_own_activity(item)), None)

    def columns_for(self, tool: Tool, course_id: str) -> list[LineItem]:
        """The columns that a tool may see: its own and the activity's, as in Moodle."""
        return [item for item in self.lineitems(course_id) if item.made_by in ("", tool.client_id)]

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

    # Tools

    def registered_tools(self) -> list[Tool]:
        """The tools that registered themselves, oldest first, pending ones too."""
        with self.lock:
            return self.tools.registered()

    def invite(self, updates: str | None = None) -> Invitation:
        """A token for one registration within the hour: of a new tool, or anew of one with this client id.

        Raises KeyError when no tool registered itself by that client id.
        """
        known = self._registered(updates) if updates else None
        return self.registration_tokens.invite(self.key, self.now(), known)

    def invitation(self, token: str) -> Invitation:
        """What a registration token permits. Raises RegistrationRefused."""
        with self.lock:
            registered = self.tools.registered()
            return self.registration_tokens.read(token, self.key, registered, self.now())

    def registration_address(self, tool_address: str, updates: str | None = None) -> str:
        """What an administrator's browser opens to connect a tool whose registration address is this one."""
        token = self.invite(updates).token
        return address_to_open(tool_address, self.settings.configuration_url, token)

    def activate(self, client_id: str) -> Tool:
        """Let a registered tool be launched and get tokens. Raises KeyError when there is none such."""
        return self.change_tool(client_id, active=True)

    def launch_with(self, client_id: str | None) -> None:
        """From now on activities launch this tool unless a launch names another; None: the first one."""
        self.tools.chosen = client_id

    def change_tool(self, client_id: str, /, **changes: object) -> Tool:
        """Change fields of a registered tool, its client id too. Raises KeyError when there is none such."""
        with self.changing():
            changed = replace(self._registered(client_id), **changes)
            if changed.client_id != client_id:
                self.tools.drop(client_id)
            return self.tools.put(changed)

    def _registered(self, client_id: str) -> Tool:
        tool = next((one for one in self.registered_tools() if one.client_id == client_id), None)
        if tool is None:
            raise KeyError(f"no tool registered itself as {client_id}")
        return tool

    def keys_of(self, tool: Tool) -> ToolKeys:
        """The published keys of a tool, as far as they were read."""
        return self.tool_keys if tool.client_id == self.settings.client_id else self.tools.keys_of(tool)

    # Calls received

    @property
    def requests(self) -> list[Call]:
        """Every call received, oldest first."""
        return self.calls.all()

    def calls_described(self, word: str) -> list[Call]:
        """The calls with this word (see `demo_lms.calls.WORDS`), oldest first."""
        return [call for call in self.requests if call.word == word]

    @property
    def roster_requests(self) -> list[Call]:
        """The calls to rosters, oldest first, answered or refused."""
        return [call for call in self.requests if call.path.endswith("/memberships")]

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

    def _take_up_state(self) -> list[Tool]:
        """Go on where an earlier start ended, or begin; answers the tools that had registered themselves."""
        path = self.settings.state_file
        kept = read_state(path) if path else None
        state = kept or State(
            book.Gradebook(), self.settings.signing_key or new_signing_key(), secrets.token_hex()
        )
        self.gradebook = state.gradebook
        self.links = {link.id: link for link in state.links}
        self.cookie_secret = state.cookie_secret
        self.key = PlatformKey(self.settings.signing_key or state.signing_key)
        if not kept:
            for course in self.courses.values():
                self._add_own_column(course)
        return state.tools

    def _add_own_column(self, course: Course) -> None:
        self.gradebook.add(
            course.id, course.link_title, OWN_COLUMN_MAXIMUM, resource_link_id=course.link_id, own=True
        )

    def _keep(self) -> None:
        if self.settings.state_file:
            tools = self.tools.registered()
            links = list(self.links.values())
            state = State(self.gradebook, self.key.private, self.cookie_secret, tools, links)
            write_state(self.settings.state_file, state)


def _one_of_many(course_id: str, number: int) -> Person:
    key = f"p-{course_id}-{number}"
    roles = {course_id: (LEARNER,)}
    return Person(key, f"u-{key}", f"Person {number}", f"Of {course_id}", f"{key}@example.org", "en", roles)


def item_number(identifier: int | str) -> int:
    """The number of a column, given that number or the address a tool knows it by."""
    text = str(identifier)
    return int(text.split("/lineitems/")[1].split("/")[0] if "/lineitems/" in text else text)
