"""What Moodle was recorded to answer, and what others are known to: each leads to its state and sentence."""

import json

import pytest
from sqlalchemy import delete, update

from lti_tool.extensions import db
from lti_tool.models import AccessTokenRow, Course, DeliveryState, LineItem, LineItemState, Platform
from lti_tool.transactions import transaction
from tests.unit.lti.simulator import LocalServer, Reply, data, json_reply

pytestmark = [pytest.mark.long, pytest.mark.slow_on_postgresql]

SENTENCES = {
    "platform-unavailable": (
        "The LMS did not answer. We try again by ourselves.",
        "La plateforme n’a pas répondu. Nous réessayons de nous-mêmes.",
    ),
    "conflict": (
        "The LMS has a newer entry for this person. We try again by ourselves.",
        "La plateforme a une saisie plus récente pour cette personne. Nous réessayons de nous-mêmes.",
    ),
    "not-in-course": (
        "The LMS does not grade this person in the course, or not any more.",
        "La plateforme ne note pas, ou plus, cette personne dans le cours.",
    ),
    "line-item-gone": (
        "The column no longer exists in the LMS. It can be made again.",
        "La colonne n’existe plus dans la plateforme. Elle peut être recréée.",
    ),
    "token-refused": (
        "The LMS does not accept our key. Its administrator has to look at the connection.",
        "La plateforme n’accepte pas notre clé. Son administrateur doit regarder la connexion.",
    ),
    "score-refused": ("The LMS refused this score.", "La plateforme a refusé ce score."),
    "not-removed": (
        "The LMS did not let us delete this column.",
        "La plateforme ne nous a pas laissés supprimer cette colonne.",
    ),
    "service-refused": ("The LMS said no.", "La plateforme a refusé."),
}
TRIED_AGAIN = {"platform-unavailable", "conflict"}

# What becomes of each line of ags-errors.json, by LMS, call, status and the words that tell two lines apart.
KNOWN = {
    ("Moodle", "score", 409, None): "conflict",
    ("Moodle", "score", 400, None): "not-in-course",
    ("Moodle", "any", 401, None): "token-refused",
    ("Moodle", "any", 400, None): "score-refused",
    ("Moodle", "any", 404, None): "line-item-gone",
    ("Canvas", "score", 400, None): "conflict",
    ("Canvas", "score", 422, None): "not-in-course",
    ("Canvas", "score", 404, None): "line-item-gone",
    ("Canvas", "any", 403, "Rate Limit Exceeded"): "platform-unavailable",
    ("Canvas", "any", 429, None): "platform-unavailable",
    ("Brightspace", "score", 422, None): "not-in-course",
    ("Brightspace", "score", 403, "User in requested score is not enrolled in the org unit"): "not-in-course",
    ("Brightspace", "score", 404, "User in requested score does not exist"): "not-in-course",
    ("Blackboard", "score", 400, "Invalid date string"): "score-refused",
    ("Blackboard", "score", 400, "User could not be found:"): "not-in-course",
    ("Open edX", "score", 400, None): "conflict",
}
KNOWN_OF_COLUMNS = {
    ("Canvas", "create lineitem", 412, None): "service-refused",
    ("Canvas", "create lineitem", 404, None): "line-item-gone",
    ("Open edX", "create lineitem", 400, None): "service-refused",
}
KNOWN_OF_DELETIONS = {
    ("Moodle", "delete lineitem", 403, None): "not-removed",
    ("Canvas", "delete lineitem", 401, None): "not-removed",
}
CASES = data("lti", "ags-errors")["cases"]

# What becomes of a score that Moodle was recorded to refuse.
RECORDED = {
    "score_same_ts": "conflict",
    "score_older": "conflict",
    "score_after_future": "conflict",
    "score_native_same": "conflict",
    "score_unknown_user": "not-in-course",
    "score_teacher": "not-in-course",
    "score_tutor": "not-in-course",
    "score_observer": "not-in-course",
    "score_not_enrolled": "not-in-course",
    "score_no_max": "not-in-course",
    "score_no_timestamp": "not-in-course",
    "score_bad_timestamp": "not-in-course",
    "score_noprogress": "not-in-course",
    "score_ctjson": "score-refused",
    "score_container_ct": "score-refused",
    "score_noctype": "score-refused",
}
SCORES = data("moodle", "ags_scores_results")
SERVICES = data("moodle", "service_errors")
TOKENS = data("moodle", "token_errors")


def case_of(line: dict) -> tuple:
    return line["lms"], line["op"], line["status"], line.get("body_contains")


def said_in(line: dict) -> Reply:
    """The answer that a line of the table speaks of."""
    words = line.get("body_contains") or line.get("reason") or line.get("when") or "Too Many Requests"
    return json_reply({"message": words}, line["status"])


def replayed(recorded: dict) -> Reply:
    return Reply(recorded["status"], recorded["body"].encode(), reason=recorded.get("reason"))


def lines(known: dict) -> list:
    found = [line for line in CASES if case_of(line) in known]
    return [pytest.param(line, id=f"{line['lms']} {line['op']} {line['status']}") for line in found]


@pytest.fixture
def recorder():
    """A server that answers scores, or everything, as a recording says."""
    server = LocalServer(lambda received: Reply(500))
    with server.running():
        yield server


@pytest.fixture
def replay(graded, recorder):
    """Ask for a score to be sent to an LMS that answers it, or every call, by one recording."""

    def send(reply: Reply, every_call: bool = False):
        recorder.answer = lambda received: (
            Reply(200, b"[]") if received.method == "GET" and not every_call else reply
        )
        point(graded, LineItem, url=f"{recorder.url}/2/lineitems/4/lineitem?type_id=1")
        graded.ask()
        graded.send()
        graded.deliver()
        return graded

    return send


def point(classroom, table, **columns) -> None:
    """Let the tool believe that a service of the LMS is elsewhere."""
    with classroom.world.app.app_context(), transaction():
        db.session.execute(update(table).values(**columns))


def check(classroom, code: str) -> None:
    """The cell is tried again or refused, and the trainer reads why, in both languages."""
    cell = classroom.cell()
    expected = DeliveryState.DUE if code in TRIED_AGAIN else DeliveryState.REFUSED
    assert (cell.state, cell.problem) == (expected, code)
    check_sentence(classroom, code)


def check_sentence(classroom, code: str) -> None:
    for language, sentence in zip(("en", "fr"), SENTENCES[code], strict=True):
        classroom.trainer.post("preferences/language", follow=False, language=language)
        assert sentence in classroom.trainer.get("grading").text, language


class TestTheTableOfKnownErrors:
    def test_is_known_whole(self):
        assert {case_of(line) for line in CASES} == set(KNOWN | KNOWN_OF_COLUMNS | KNOWN_OF_DELETIONS)

    @pytest.mark.parametrize("line", lines(KNOWN))
    def test_of_a_score(self, replay, line):
        check(replay(said_in(line)), KNOWN[case_of(line)])

    @pytest.mark.parametrize("line", lines(KNOWN_OF_COLUMNS))
    def test_of_a_column(self, classroom, recorder, line):
        recorder.answer = lambda received: Reply(200, b"[]") if received.method == "GET" else said_in(line)
        point(classroom, Course, line_items_url=f"{recorder.url}/2/lineitems?type_id=1")
        classroom.switch_on()
        classroom.make_columns()
        code = KNOWN_OF_COLUMNS[case_of(line)]
        assert (classroom.item().state, classroom.item().problem) == (LineItemState.REFUSED, code)
        check_sentence(classroom, code)

    @pytest.mark.parametrize("line", lines(KNOWN_OF_DELETIONS))
    def test_of_a_deletion(self, graded, recorder, line):
        item = graded.item()
        shown = {"id": f"{recorder.url}/2/lineitems/4/lineitem", "label": item.label, "scoreMaximum": 20}
        shown["tag"] = graded.columns()[0].tag
        recorder.answer = lambda received: json_reply(shown) if received.method == "GET" else said_in(line)
        point(graded, LineItem, url=shown["id"])
        graded.trainer.post(f"grading/line-items/{item.id}/delete")
        graded.make_columns()
        code = KNOWN_OF_DELETIONS[case_of(line)]
        assert (graded.item().state, graded.item().problem) == (LineItemState.BOUND, code)
        check_sentence(graded, code)


class TestWhatMoodleAnsweredToAScore:
    def test_every_refusal_is_known(self):
        refused = {name for name, one in SCORES.items() if is_score(one) and one["status"] != 200}
        assert refused == set(RECORDED)

    @pytest.mark.parametrize("name", RECORDED)
    def test_a_refusal(self, replay, name):
        check(replay(replayed(SCORES[name])), RECORDED[name])

    def test_a_yes_among_people_who_are_not_ours(self, graded, recorder):
        shown = json.loads(SCORES["results"]["body"])
        assert shown

        def answer(received):
            if received.method == "GET":
                return json_reply(shown)
            sent = json.loads(received.body)
            row = {"resultScore": sent["scoreGiven"], "resultMaximum": sent["scoreMaximum"]}
            shown.append({"userId": sent["userId"], **row})
            return replayed(SCORES["score_ok"])

        recorder.answer = answer
        point(graded, LineItem, url=f"{recorder.url}/2/lineitems/4/lineitem?type_id=1")
        graded.ask()
        graded.send()
        graded.deliver()
        assert (graded.state(), shown[-1]["userId"]) == (DeliveryState.CONFIRMED, "u-ines")


def is_score(recorded: object) -> bool:
    return isinstance(recorded, dict) and recorded["request"]["method"] == "POST"


class TestWhatMoodleAnsweredToAnyCall:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("badtoken", "token-refused"),
            ("notoken", "token-refused"),
            ("wrongscope_score", "token-refused"),
            ("other_type", "token-refused"),
            ("other_course", "line-item-gone"),
            ("lineitem_404", "line-item-gone"),
        ],
    )
    def test_a_refusal(self, replay, name, code):
        check(replay(replayed(SERVICES[name]), every_call=True), code)


class TestWhatMoodleAnsweredToAnAssertion:
    @pytest.mark.parametrize("name", [name for name, one in TOKENS.items() if one.get("status") == 400])
    def test_a_refusal(self, graded, recorder, name):
        recorder.answer = lambda received: replayed(TOKENS[name])
        point(graded, Platform, token_url=f"{recorder.url}/mod/lti/token.php")
        with graded.world.app.app_context(), transaction():
            db.session.execute(delete(AccessTokenRow))
        graded.ask()
        graded.send()
        graded.deliver()
        check(graded, "token-refused")
