"""Behaviour that may be switched while the demo LMS runs."""

from dataclasses import dataclass, field


@dataclass
class Quirks:
    """Behaviour that differs between LMSs, and faults that tests provoke; every field may change at run time.

    The defaults are those measured on Moodle 4.4.
    """

    strict_timestamps: bool = True
    """Moodle: a score whose whole second is not later than the last write is answered with 409."""
    only_fully_graded_keeps_the_grade: bool = True
    """Moodle: any other gradingProgress empties the grade, even when a value is sent with it."""
    token_seconds: int = 3600
    """Life of a bearer token."""
    token_labelled_html: bool = True
    """Moodle labels the JSON of its token answers text/html."""
    lineitem_in_launch: bool = False
    """The activity is graded: it has a line item of its own, named in the launch."""
    send_name: bool = True
    send_email: bool = True
    send_roles: bool = True
    no_context: bool = False
    """Launch from outside any course: neither context nor grade service is sent."""
    locked_items: bool = False
    """Moodle answers 500 to a score for a locked column."""
    column_changes_refused: int | None = None
    """The status that changing a column is refused with."""
    column_deletion_refused: int | None = None
    """The status that deleting a column is refused with: Moodle's 403 for what no tool made, Canvas's 401."""
    empty_bodies: bool = False
    """Making or changing a column is answered without a body."""
    mislabelled: bool = False
    """The services label whatever they answer text/html."""
    refuse_tokens: bool = False
    """The token end point answers invalid_client whoever asks."""
    down: bool = False
    """The services for tools (tokens, grades, rosters, registration) answer 503."""
    retry_after: int | None = None
    """Seconds announced in Retry-After while the services are down; None sends no such header."""
    answer_html: bool = False
    """The services answer 200 with an HTML page, as a maintenance page or a proxy does."""
    slow_seconds: float = 0.0
    """The services wait so long before they answer."""
    key_set_fails: bool = False
    """The LMS's own key set answers 503."""
    key_set_answers: str | None = None
    """What its key set is instead: `empty`, `short` (1024 bits), `page`, `elsewhere` (another host)."""
    audience_wanted: str | None = None
    """The only audience of a token request that is accepted (Brightspace's is none of its addresses)."""
    scopes_not_allowed: list[str] = field(default_factory=list)
    """Last parts of scopes that the administrator did not allow: no launch names them, no token has them."""
    scopes_not_granted: list[str] = field(default_factory=list)
    """Last parts of scopes that launches name and no token has."""
    troubles: list[str] = field(default_factory=list)
    """What the next calls of the grade services meet, one each, by the names of `demo_lms.troubles`."""

    # Choosing content (Deep Linking)

    content_several: bool = True
    """Moodle: a tool may give several activities at once."""
    content_several_as_text: bool = False
    """Some LMSs write `accept_multiple` as a text."""
    content_columns: bool = True
    """An activity may come with a column. Moodle says nothing about it, and takes them."""
    content_columns_said: bool = False
    """The request says whether an activity may come with a column (Canvas)."""
    content_data: bool = False
    """The request carries data that has to come back (Canvas); Moodle sends none."""
    content_types: list[str] = field(default_factory=lambda: ["ltiResourceLink"])
    """What the request asks for."""

    # Registration

    configuration_needs_token: bool = False
    """Canvas: the openid configuration is told only to whoever shows the registration token."""
    registration_tells_deployment: bool = True
    """Moodle: the answer names the deployment; Canvas leaves it to the launch."""
    registration_refuses: str | None = None
    """The word that every registration is refused with."""
    registration_answers: bytes | None = None
    """What every registration is answered with instead of an answer; nothing is registered."""

    # Groups of a course (Course Groups Service); Moodle has none of it

    groups_in_launch: bool = True
    """A launch names the service for groups."""
    groups_in_roster: bool = True
    """A roster that is asked with `groups=true` says the groups of each member who is in one."""
    groups_refuse_the_question: bool = False
    """A roster that is asked with `groups=true` is answered with 400."""
    groups_forgotten_on_next_page: bool = False
    """The next page of a roster forgets that it was asked with `groups=true`."""
    groups_page_size: int | None = None
    """The most groups a page has; None: all at once."""
    groups_fail_on_page: int | None = None
    """The page of groups (from 1) that is answered with 503."""
    groups_answer: bytes | None = None
    """What every question for groups is answered with instead, as if it were a list of them."""
    old_set_id: bool = False
    """Groups name their set as `set_id`, as before the final version."""

    # Notices (Platform Notification Service); Moodle has none of it, Canvas has

    notices_in_launch: bool = False
    """A launch names the service that takes the addresses for notices."""
    notices_sent_twice: bool = False
    """Every notice is sent a second time, as an LMS does that did not see the answer."""

    # Rosters (Names and Role Provisioning)

    roster_in_launch: bool = True
    """A launch names the roster service."""
    short_role_names: bool = True
    """Moodle: a roster says `Learner` where a launch says the whole URI."""
    tutors_listed_as_learners: bool = True
    """Moodle: a roster asks for another right than a launch does, so a non-editing teacher is a Learner."""
    roster_drops_filters: bool = True
    """Moodle: the address of the next page has lost `role`."""
    roster_last_page_without_link: bool = True
    """Moodle: a last page that is full names no next one; off, an empty page follows it."""
    roster_page_size: int | None = None
    """The most members a page has, whatever `limit` asks for; None: everybody at once without `limit`."""
    typographic_links: bool = False
    """The Link header has typographic quotes and escaped ampersands, as that of Moodle's columns has."""
    mixed_case_cursor: bool = False
    """Canvas: the next page is named by an opaque bookmark whose capitals matter."""
    roster_repeats_link: bool = False
    """Every page but the first names the first one as its next, so that reading never ends."""
    roster_missing_link: bool = False
    """No page names a next one although there are more members."""
    roster_fails_on_page: int | None = None
    """The page (from 1) that is answered with 503."""
    roster_too_large: bool = False
    """Open edX: the list of a large course is refused with 403 and a code of its own."""
    roster_names_differences: bool = False
    """A page names an address for what changes later (`rel="differences"`), as the standard allows."""
    roster_scope_refused: int | None = None
    """The status (Moodle 401, others 403) that every roster call is refused with, whatever the token."""
    test_user_in_roster: bool = False
    """The test user of a course ("student view") is listed with everybody else."""
    inactive_members: dict[str, str] = field(default_factory=dict)
    """Who is listed with another status than Active, by sub: `Inactive` or `Deleted`. Moodle lists nobody
    so, a suspended account is Active."""
