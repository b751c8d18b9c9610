"""A walk over the URL map: who gets which answer at every address of the tool."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from lti_tool.models import Prompt, Role
from tests.functional.space import id_of
from tests.support.world import ENGLISH, TOOL

LEARNER, TRAINER, LEAD = Role.LEARNER, Role.TRAINER, Role.PEDAGOGICAL_LEAD
MANAGER, SPONSOR, GUEST, OBSERVER = Role.COMMUNITY_MANAGER, Role.SPONSOR, Role.GUEST_EXPERT, Role.OBSERVER

EVERYBODY = frozenset(Role)
READERS = EVERYBODY - {OBSERVER, SPONSOR}
WRITERS = READERS - {GUEST}
STAFF = frozenset({TRAINER, LEAD})
# The post and the reply of the walk are the learner's.
AUTHOR = frozenset({LEARNER})
SETTERS = frozenset({TRAINER, LEAD, MANAGER})

TYPED = {"title": "What I typed", "body": "Every word of it."}


@dataclass(frozen=True)
class Inside:
    """An address below a community: who may, and what those get for a form with these fields."""

    below: str
    who: frozenset[Role]
    answer: int = 200
    sends: dict[str, str] = field(default_factory=dict)


INSIDE = {
    ("home.index", "GET"): Inside("", EVERYBODY),
    ("home.changes", "GET"): Inside("changes?after=0", READERS),
    ("home.seen", "POST"): Inside("seen", EVERYBODY, 204),
    ("home.set_zone", "POST"): Inside("zone", STAFF, 303, {"time_zone": "Europe/Berlin"}),
    ("posts.compose", "GET"): Inside("posts/new", WRITERS),
    ("posts.write", "POST"): Inside("posts", WRITERS, 422),
    ("posts.show", "GET"): Inside("posts/{post}", READERS),
    ("posts.edit", "GET"): Inside("posts/{post}/edit", AUTHOR),
    ("posts.save", "POST"): Inside("posts/{post}/edit", AUTHOR, 422),
    ("posts.history", "GET"): Inside("posts/{post}/history", READERS),
    ("posts.preview", "POST"): Inside("preview", READERS),
    ("comments.write", "POST"): Inside("posts/{post}/comments", READERS, 422),
    ("comments.edit", "GET"): Inside("posts/{post}/comments/{comment}/edit", AUTHOR),
    ("comments.save", "POST"): Inside("posts/{post}/comments/{comment}/edit", AUTHOR, 422),
    ("comments.history", "GET"): Inside("posts/{post}/comments/{comment}/history", READERS),
    ("comments.delete", "POST"): Inside("posts/{post}/comments/{comment}/delete", AUTHOR, 303),
    ("posts.delete", "POST"): Inside("posts/{post}/delete", AUTHOR, 303),
    ("prompts.index", "GET"): Inside("prompts", READERS),
    ("prompts.compose", "GET"): Inside("prompts/new", SETTERS),
    ("prompts.write", "POST"): Inside("prompts", SETTERS, 422),
    ("prompts.edit", "GET"): Inside("prompts/{prompt}/edit", SETTERS),
    ("prompts.save", "POST"): Inside("prompts/{prompt}/edit", SETTERS, 422),
    ("prompts.withdraw", "POST"): Inside("prompts/{prompt}/withdraw", SETTERS, 303),
    ("members.index", "GET"): Inside("members", READERS),
    ("members.appoint", "POST"): Inside(
        "members/{member}/appointment", STAFF, 303, {"role": "community_manager"}
    ),
    ("members.end_appointment", "POST"): Inside("members/{member}/appointment/end", STAFF, 303),
    ("members.confirm_role", "POST"): Inside("members/{member}/role", STAFF, 303),
    ("members.roster", "GET"): Inside("members/roster", STAFF),
    ("members.read_roster", "POST"): Inside("members/roster", STAFF, 303),
    # No list is held: there is nothing to decide, for those who might.
    ("members.decide_on_roster", "POST"): Inside("members/roster/1/decision", STAFF, 404),
    ("participation.mine", "GET"): Inside("participation", frozenset({LEARNER, MANAGER})),
    # Grading is off: what is about a column that does not exist is not found, by those who may look for it.
    ("grading.index", "GET"): Inside("grading", frozenset({TRAINER})),
    ("grading.progress", "GET"): Inside("grading/progress", frozenset({TRAINER}), 404),
    ("grading.switch_on", "POST"): Inside("grading", frozenset({TRAINER}), 422),
    ("grading.member", "GET"): Inside("grading/members/{member}", frozenset({TRAINER}), 301),
    ("grading.send", "POST"): Inside("grading/send", frozenset({TRAINER}), 404),
    ("grading.decide", "POST"): Inside("grading/deliveries/1/decision", frozenset({TRAINER}), 404),
    ("grading.restore", "POST"): Inside("grading/deliveries/1/restore", frozenset({TRAINER}), 404),
    ("questions.ask", "POST"): Inside(
        "participation/questions", frozenset({LEARNER, MANAGER}), 404, TYPED | {"subject": "score"}
    ),
    ("questions.index", "GET"): Inside("grading/questions", frozenset({TRAINER})),
    ("questions.answer", "POST"): Inside("grading/questions/1/answer", frozenset({TRAINER}), 404, TYPED),
    ("grading.make_again", "POST"): Inside("grading/line-items/1/again", frozenset({TRAINER}), 404),
    ("columns.index", "GET"): Inside("grading/columns", frozenset({TRAINER}), 404),
    ("columns.add", "POST"): Inside("grading/columns", frozenset({TRAINER}), 404),
    ("columns.automatic", "POST"): Inside(
        "grading/columns/1/automatic", frozenset({TRAINER}), 404, {"on": "true"}
    ),
    ("columns.pause", "POST"): Inside("grading/columns/1/pause", frozenset({TRAINER}), 404, {"on": "true"}),
    ("columns.accept_unread", "POST"): Inside("grading/line-items/1/unread", frozenset({TRAINER}), 404),
    ("assessment.learner", "GET"): Inside("grading/learners/{member}", frozenset({TRAINER}), 404),
    ("assessment.excuses", "GET"): Inside("grading/excuses", frozenset({TRAINER}), 404),
    ("assessment.excuse_several", "POST"): Inside("grading/excuses", frozenset({TRAINER}), 404),
    ("assessment.mark", "POST"): Inside("grading/learners/{member}/marks", frozenset({TRAINER}), 404),
    ("assessment.mark_several", "POST"): Inside(
        "grading/learners/{member}/marks/several", frozenset({TRAINER}), 404
    ),
    ("assessment.undo_marks", "POST"): Inside(
        "grading/learners/{member}/marks/undo", frozenset({TRAINER}), 303
    ),
    ("marking.index", "GET"): Inside("grading/to-mark", frozenset({TRAINER}), 404),
    ("marking.choose", "POST"): Inside("grading/to-mark/learners", frozenset({TRAINER}), 303),
    ("marking.mark", "POST"): Inside("grading/to-mark", frozenset({TRAINER}), 404),
    ("marking.undo", "POST"): Inside("grading/to-mark/undo", frozenset({TRAINER}), 303),
    ("assessment.assess", "POST"): Inside("grading/learners/{member}/rubric", frozenset({TRAINER}), 404),
    ("assessment.excuse", "POST"): Inside("grading/learners/{member}/excuses", frozenset({TRAINER}), 404),
    ("assessment.decide", "POST"): Inside("grading/learners/{member}/decisions", frozenset({TRAINER}), 404),
    ("assessment.write_feedback", "POST"): Inside(
        "grading/learners/{member}/feedback", frozenset({TRAINER}), 404
    ),
    ("policies.form", "GET"): Inside("grading/policy", frozenset({TRAINER}), 404),
    ("policies.preview", "POST"): Inside("grading/policy/preview", frozenset({TRAINER}), 404),
    ("policies.adopt", "POST"): Inside("grading/policy", frozenset({TRAINER}), 404),
    ("policies.history", "GET"): Inside("grading/policy/history", frozenset({TRAINER}), 404),
    ("evidence.index", "GET"): Inside("grading/exports", frozenset({TRAINER})),
    ("evidence.everybody", "GET"): Inside("grading/evidence.json", frozenset({TRAINER})),
    ("evidence.one_member", "GET"): Inside("grading/members/{member}/evidence.json", frozenset({TRAINER})),
    ("evidence.facts", "GET"): Inside("grading/facts.csv", frozenset({TRAINER})),
    ("evidence.scores", "GET"): Inside("grading/scores.csv", frozenset({TRAINER}), 404),
    ("evidence.workbook", "GET"): Inside("grading/scores.xlsx", frozenset({TRAINER}), 404),
    ("evidence.marks_template", "GET"): Inside("grading/marks.xlsx", frozenset({TRAINER}), 404),
    ("evidence.marks_template_as_text", "GET"): Inside("grading/marks.csv", frozenset({TRAINER}), 404),
    ("evidence.look_at_marks", "POST"): Inside("grading/marks", frozenset({TRAINER}), 422),
    ("evidence.take_marks_over", "POST"): Inside("grading/marks/confirm", frozenset({TRAINER}), 422),
    ("evidence.mine", "GET"): Inside("participation/evidence.json", frozenset({LEARNER, MANAGER})),
    ("evidence.my_facts", "GET"): Inside("participation/evidence.csv", frozenset({LEARNER, MANAGER})),
    ("preferences.language", "POST"): Inside("preferences/language", EVERYBODY, 303, {"language": "en"}),
    ("preferences.theme", "POST"): Inside("preferences/theme", EVERYBODY, 303, {"theme": "dark"}),
    ("preferences.discard_kept", "POST"): Inside("kept/1/discard", EVERYBODY, 303),
    ("tabs.open_in_tab", "POST"): Inside("tab", EVERYBODY),
    ("preferences.sign_out", "POST"): Inside("sign-out", EVERYBODY, 200),
}

OUTSIDE = {
    ("front.index", "GET"): ("/", 200),
    ("health.alive", "GET"): ("/healthz", 200),
    ("health.ready", "GET"): ("/readyz", 503),  # no worker runs
    ("metrics.metrics", "GET"): ("/metrics", 404),  # the public address is a proxy's
    ("lti.login", "GET"): ("/lti/login", 400),
    ("lti.login", "POST"): ("/lti/login", 400),
    ("lti.cookie_check", "GET"): ("/lti/login/cookie", 200),
    ("lti.login_by_storage", "GET"): ("/lti/login/storage", 400),
    ("lti.prove", "POST"): ("/lti/launch/proof", 400),
    ("arrivals.look", "GET"): ("/o/tab/nobody-made-it", 400),
    ("arrivals.arrive", "POST"): ("/o/tab/nobody-made-it", 400),
    ("lti.launch_address", "GET"): ("/lti/launch", 200),
    ("lti.launch", "POST"): ("/lti/launch", 400),
    ("lti.choose", "POST"): ("/lti/launch/choice", 400),
    ("lti.key_set", "GET"): ("/lti/jwks.json", 200),
    ("registration.look", "GET"): ("/lti/register/nobody-invited", 404),
    ("registration.confirm", "POST"): ("/lti/register/nobody-invited", 404),
    ("registration.canvas", "GET"): ("/lti/canvas.json", 200),
    ("static", "GET"): ("/static/css/base.css", 200),
}

UNKNOWN = ("nothing", "posts/1/nothing", "members/1", "preferences", "grading/deliveries", "..%2fx", "a//b")
WRONG_METHODS = (
    ("DELETE", ""),
    ("PUT", "posts"),
    ("POST", ""),
    ("GET", "seen"),
    ("PATCH", "posts/{post}/edit"),
)
NOT_IDS = ("0", "-1", "00", "01", "1.5", "1e3", "abc", "%00", "9999999999", "9" * 40, "²", "١")


@pytest.fixture
def place(space):
    """A community with a post and a reply by the learner, and what addresses need to know of it."""
    space.home_of(TRAINER).post("prompts", **TYPED)
    with space.world.database() as session:
        prompt = session.scalars(select(Prompt.id)).one()
    thread = space.write("ines")
    reply = space.reply("ines", thread)
    space.home("hugo")
    comment = reply.soup.select_one("article[id^=comment-]")["id"].removeprefix("comment-")
    names = {"post": id_of(thread), "comment": comment, "member": space.number("hugo"), "prompt": prompt}
    return Place(space, thread.community, names)


@dataclass(frozen=True)
class Place:
    space: object
    community: str
    names: dict

    def below(self, address: str) -> str:
        return address.format(**self.names)

    def every_address(self):
        """Return method and address of everything inside, unknown paths and wrong methods included."""
        known = [(method, one.below) for (_, method), one in INSIDE.items()]
        unknown = [("GET", path) for path in UNKNOWN] + [("POST", path) for path in UNKNOWN]
        return [(method, self.below(path)) for method, path in [*known, *unknown, *WRONG_METHODS]]


def ask(browser, method: str, address: str, fields: dict | None = None, **headers: str):
    """Send a request as the browser does; nothing is followed."""
    return browser.tool.open(
        address,
        method=method,
        data=fields or {},
        base_url=TOOL,
        headers=browser.headers | headers,
        buffered=True,
    )


class TestTheTable:
    def test_names_every_address_of_the_tool(self, app):
        walked = set(INSIDE) | set(OUTSIDE)
        existing = {
            (rule.endpoint, method)
            for rule in app.url_map.iter_rules()
            for method in rule.methods - {"HEAD", "OPTIONS"}
        }
        assert existing == walked

    def test_says_where_they_are(self, app):
        urls = app.url_map.bind("tool.test", url_scheme="https")
        for (endpoint, method), inside in INSIDE.items():
            path = inside.below.format(post=1, comment=1, member=1, prompt=1).partition("?")[0]
            assert urls.match(f"/communities/1/{path}", method=method)[0] == endpoint


class TestSignedOut:
    def test_every_address_of_every_community_gives_the_same_page(self, place):
        stranger = place.space.world.browser()
        answers = set()
        for method, below in place.every_address():
            for community in (place.community, "/communities/77777/"):
                response = ask(stranger, method, community + below)
                assert response.status_code == 401, (method, community, below)
                answers.add((response.data, str(self.seen_headers(response))))
        assert len(answers) == 1

    def seen_headers(self, response):
        # The cookie is the browser's own note of where it wanted to go, the id is random for each request.
        told = ("Set-Cookie", "X-Request-ID")
        return [(name, value) for name, value in response.headers if name not in told]

    def test_what_is_no_id_looks_like_one_that_does_not_exist(self, world):
        stranger = world.browser()
        expected = ask(stranger, "GET", "/communities/77777/").data
        for number in NOT_IDS:
            for address in (f"/communities/{number}/", f"/communities/1/posts/{number}", "/communities"):
                response = ask(stranger, "GET", address)
                assert (response.status_code, response.data) == (401, expected), address

    def test_head_and_options_tell_no_more(self, space):
        community, stranger = space.home_of(LEARNER).community, space.world.browser()
        for method in ("HEAD", "OPTIONS"):
            assert ask(stranger, method, community).status_code == 401

    def test_a_session_that_never_was_helps_nobody(self, space):
        community, stranger = space.home_of(LEARNER).community, space.world.browser()
        stranger.tool.set_cookie("__Host-cv_session", "made-up", domain="tool.test", secure=True)
        assert ask(stranger, "GET", community).status_code == 401
        assert ask(stranger, "GET", community + "nothing").status_code == 401

    def test_what_lies_before_the_space_answers_everybody(self, world):
        for (_, method), (address, status) in OUTSIDE.items():
            assert ask(world.browser(), method, address).status_code == status, address


class TestSomebodyOfAnotherCommunity:
    def test_finds_nothing_at_all(self, place):
        outsider = place.space.world.enter("grace", ENGLISH)
        fields = {"seat_token": outsider.seat_token}
        for method, below in place.every_address():
            response = ask(outsider.browser, method, place.community + below, fields)
            assert response.status_code == 404, (method, below)

    def test_reads_nothing_of_it_through_the_own_community(self, place):
        outsider = place.space.world.enter("grace", ENGLISH)
        for (_, method), inside in INSIDE.items():
            if "{" in inside.below:
                below = place.below(inside.below)
                fields = {"seat_token": outsider.seat_token, **TYPED, "version": "0", **inside.sends}
                response = ask(outsider.browser, method, outsider.community + below, fields)
                # A learner is told first that members' roles and grades are not theirs to look into.
                expected = 404 if LEARNER in inside.who else 403
                assert response.status_code == expected, below


class TestMembers:
    @pytest.mark.parametrize("role", list(Role), ids=str)
    def test_get_what_their_role_allows_and_else_who_may(self, place, role):
        home = place.space.home_of(role)
        for (endpoint, method), inside in INSIDE.items():
            fields = {"seat_token": home.seat_token, **inside.sends}
            response = ask(home.browser, method, home.community + place.below(inside.below), fields)
            expected = inside.answer if role in inside.who else 403
            assert response.status_code == expected, (endpoint, method)
            if expected == 403:
                assert b'<span class="badge">' in response.data, endpoint

    @pytest.mark.parametrize("role", [LEARNER, TRAINER, OBSERVER], ids=str)
    def test_find_nothing_where_nothing_is(self, place, role):
        home = place.space.home_of(role)
        fields = {"seat_token": home.seat_token}
        for below in UNKNOWN:
            assert ask(home.browser, "GET", home.community + below).status_code == 404, below
            assert ask(home.browser, "POST", home.community + below, fields).status_code == 404, below
        for method, below in WRONG_METHODS:
            address = home.community + place.below(below)
            assert ask(home.browser, method, address, fields).status_code == 404, (method, below)

    def test_find_nothing_under_what_is_no_id(self, place):
        home = place.space.home_of(LEARNER)
        for number in NOT_IDS:
            for address in (
                f"/communities/{number}/",
                f"{home.community}posts/{number}",
                f"{home.community}posts/{place.names['post']}/comments/{number}/edit",
            ):
                assert ask(home.browser, "GET", address).status_code == 404, address

    def test_reach_a_community_whose_address_lacks_its_slash(self, space):
        home = space.home_of(LEARNER)
        response = ask(home.browser, "GET", home.community.rstrip("/"))
        assert response.status_code == 308
        assert response.location == TOOL + home.community


class TestActingWithoutAGenuineToken:
    """Whoever sends it: a form of a page that was not made for this very seat and session is refused."""

    def refused(self, place, browser, **sent):
        for (endpoint, method), inside in INSIDE.items():
            if method == "POST":
                address = place.community + place.below(inside.below)
                response = ask(browser, method, address, TYPED | inside.sends | sent)
                assert response.status_code == 403, endpoint
                for words in TYPED.values():
                    assert words in response.get_data(as_text=True), endpoint

    def test_none(self, place):
        self.refused(place, place.space.home_of(TRAINER).browser)

    def test_a_made_up_one(self, place):
        browser = place.space.home_of(TRAINER).browser
        self.refused(place, browser, seat_token="1.0000")
        for token in ("x", "1.", ".", "999999999999.ab", "²." + "a" * 64, "1\0.ab"):
            assert ask(browser, "POST", f"{place.community}posts", {"seat_token": token}).status_code == 403

    def test_one_whose_seat_number_was_changed(self, place):
        home = place.space.home_of(TRAINER)
        mac = home.seat_token.partition(".")[2]
        self.refused(place, home.browser, seat_token=f"{int(home.seat) + 1}.{mac}")

    def test_that_of_somebody_else_in_another_browser(self, place):
        foreign = place.space.home("ines").seat_token
        self.refused(place, place.space.home_of(TRAINER).browser, seat_token=foreign)

    def test_that_of_the_same_person_in_another_browser(self, place):
        foreign = place.space.world.enter("claire").seat_token
        self.refused(place, place.space.home_of(TRAINER).browser, seat_token=foreign)

    def test_that_of_the_same_browser_s_other_community(self, place):
        browser = place.space.home_of(TRAINER).browser
        elsewhere = browser.open_community(ENGLISH)
        self.refused(place, browser, seat_token=elsewhere.seat_token)

    def test_the_header_counts_as_the_field_does(self, space):
        home = space.home_of(LEARNER)
        address = home.community + "preview"
        response = ask(home.browser, "POST", address, TYPED, **{"X-Seat-Token": home.seat_token})
        assert response.status_code == 200
        assert ask(home.browser, "POST", address, TYPED, **{"X-Seat-Token": "x"}).status_code == 403

    def test_nothing_was_changed_by_any_of_it(self, place):
        home = place.space.home_of(LEARNER)
        self.refused(place, home.browser, seat_token="1.0000")
        thread = home.get(f"posts/{place.names['post']}")
        assert "How do you begin?" in thread.text
        assert "Like this." in thread.text
