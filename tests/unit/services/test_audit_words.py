"""The audit log is told and kept: a sentence for each act that code notes, and nothing changes an entry."""

import ast
import importlib.util
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

import lti_tool
from lti_tool import audit_words
from lti_tool.audit_words import SENTENCES
from lti_tool.grading.facts import Act as FactAct
from lti_tool.models import Decision, ModerationAct
from lti_tool.services.audit import AREA_OF, Area, area_of
from lti_tool.services.audit_names import Named, Names
from lti_tool.services.audit_reading import Page
from lti_tool.services.measures import MEASURES
from lti_tool.services.moderation import DECISIONS

ROOT = Path(lti_tool.__file__).parent
RECORDERS = {
    f"audit.record{which}"
    for which in ("", "_in_community", "_administration", "_operation", "_account", "_by_clock")
}
AN_ACT = re.compile(rf"(?:{'|'.join(AREA_OF)})\.[a-z-]+")
OF_THREADS = (ModerationAct.MERGED.value, ModerationAct.MOVED.value, ModerationAct.SPLIT.value)
# Acts whose names are put together: what stands in the braces.
PUT_TOGETHER = {
    "f'grade.{act.value}'": [f"grade.{act.value}" for act in (FactAct.EXCUSED, FactAct.EXPECTED)],
    "f'grade.{decision.value}'": [f"grade.{decision.value}" for decision in Decision],
    "f'moderation.{act.value}'": [f"moderation.{decision}" for decision in (*DECISIONS, *OF_THREADS)],
    "f'moderation.member-{act.value}'": [f"moderation.member-{measure}" for measure in MEASURES],
}
# What acts have told, as the log has it; the sentence must say it.
TOLD = {
    "member.appointed": (
        {"role": "community_manager", "until": "2027-06-03"},
        ["3 June 2027"],
        ["3 juin 2027"],
    ),
    "member.appointment-ended": ({"role": "sponsor"}, ["sponsor"], ["commanditaire"]),
    "grade.marked": ({"of": 2, "mark": "1/2"}, ["Karim Haddad", "½"], ["Karim Haddad", "½"]),
    "grade.override": ({"value": "12.50", "reason": "Ill"}, ["12.5"], ["12,5"]),
    "grading.kept-theirs": ({"theirs": "7.5", "of": "20"}, ["7.5 out of 20"], ["7,5 sur 20"]),
    "grading.sent": ({"count": 1, "everybody": True}, ["1 score."], ["1 score."]),
    "subgroup.put-in": ({"members": [2, 3]}, ["2 people"], ["2 personnes"]),
    "community.zone-set": ({"before": "UTC", "after": "Europe/Paris"}, ["Europe/Paris"], ["Europe/Paris"]),
}


@cache
def sources():
    return [(path, ast.parse(path.read_text())) for path in sorted(ROOT.rglob("*.py"))]


def recordings(tree):
    """Go through the calls that note an act, with the expression that says which."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in RECORDERS:
            yield call, call.args[0] if ast.unparse(call.func) == "audit.record_operation" else call.args[1]


def acts_in(path, tree) -> set[str]:
    """Return every act that a file notes. What is passed on by a name stands in the same file."""
    found: set[str] = set()
    for call, act in recordings(tree):
        for one in (act.body, act.orelse) if isinstance(act, ast.IfExp) else (act,):
            if isinstance(one, ast.JoinedStr):
                found.update(PUT_TOGETHER[ast.unparse(one)])
            elif isinstance(one, ast.Constant):
                found.add(one.value)
            else:
                assert isinstance(one, ast.Name), f"{path}: {ast.unparse(call)}"
                found.update(words_like_acts(tree))
    return found


def words_like_acts(tree) -> set[str]:
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    found = {value for value in constants if isinstance(value, str) and AN_ACT.fullmatch(value)}
    assert found
    return found


@pytest.fixture(scope="module")
def noted() -> set[str]:
    return {act for path, tree in sources() for act in acts_in(path, tree)}


class TestWhatIsNoted:
    def test_has_a_sentence(self, noted):
        assert {act for act in noted if act not in SENTENCES} == set()

    def test_is_all_that_has_one(self, noted):
        assert set(SENTENCES) - noted == set()

    def test_belongs_somewhere(self, noted):
        assert {act for act in noted if area_of(act) not in Area} == set()

    def test_is_noted_in_one_place(self):
        """Whoever makes an entry otherwise could leave out what it belongs to."""
        made = {
            path.relative_to(ROOT).as_posix()
            for path, tree in sources()
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "AuditEntry"
        }
        assert made == {"services/audit.py"}

    def test_was_given_its_area_by_the_migration_as_the_code_gives_it(self):
        (path,) = (ROOT.parent / "migrations" / "versions").glob("0014_*.py")
        spec = importlib.util.spec_from_file_location("reading_the_audit_log", path)
        migration = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(migration)
        assert migration.AREA_OF.items() <= {prefix: area.value for prefix, area in AREA_OF.items()}.items()


class TestNoCode:
    def test_changes_or_deletes_an_entry_but_an_erasure_its_detail_and_whoever_tells_an_area(self):
        found = [
            (path.relative_to(ROOT).as_posix(), ast.unparse(call))
            for path, tree in sources()
            for call in ast.walk(tree)
            if isinstance(call, ast.Call)
            and ast.unparse(call.func).rpartition(".")[2] in {"update", "delete", "insert"}
            and call.args
            and ast.unparse(call.args[0]).startswith("AuditEntry")
        ]
        assert sorted({place for place, _ in found}) == ["services/audit.py", "services/erasure_traces.py"]
        assert {words for _, words in found} == {"update(AuditEntry)"}
        erasure = (ROOT / "services" / "erasure_traces.py").read_text()
        assert erasure.count("update(AuditEntry)") == len(
            re.findall(r"update\(AuditEntry\)\.where\(AuditEntry\.id == [\w.]+\)\.values\(detail=", erasure)
        )


@pytest.fixture
def speaking():
    """Something that speaks, with every page that a sentence may lead to."""
    app = Flask(__name__)
    Babel(app, default_translation_directories=str(ROOT / "translations"))
    inside = ("people.show", "posts.show", "subgroups.show", "columns.index")
    for endpoint in (*inside, "platforms.show", "deployments.index"):
        app.add_url_rule(f"/{endpoint}", endpoint)
    with app.test_request_context():
        yield


def entry(act: str, detail: dict | None, subject: str = "membership:2", **more):
    told = {"actor_kind": "member", "actor_id": 1, "community_id": 5, "area": area_of(act).value}
    return SimpleNamespace(act=act, detail=detail, subject=subject, at=datetime.now(UTC), **told | more)


def told(one, **names):
    known = {("membership", 1): Named("Claire Durand"), ("membership", 2): Named("Karim Haddad")}
    page = Page([one], Names(known | {("community", 5): Named("Our space")} | names.get("names", {})), None)
    return audit_words.tell(page, in_console=names.get("in_console", False))(one)


@pytest.mark.usefixtures("speaking")
class TestASentence:
    @pytest.mark.parametrize("act", sorted(TOLD))
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_says_what_the_detail_says(self, act, language):
        detail, english, french = TOLD[act]
        with force_locale(language):
            sentence = str(told(entry(act, detail)).sentence)
        assert all(words in sentence for words in (french if language == "fr" else english)), sentence

    @pytest.mark.parametrize("act", sorted(SENTENCES))
    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_can_be_said_with_nothing_told_and_by_anybody(self, act, language):
        """What an older release has noted may lack what this one notes."""
        with force_locale(language):
            for detail in (None, {"reason": "Why"}, {"until": "soon", "of": "x", "levels": None}):
                for kind in ("member", "administrator", "operator", "account", "system"):
                    for subject in ("membership:9", "post:4", "keys", "key:abc", None):
                        one = entry(act, detail, subject, actor_kind=kind)
                        said = told(one, in_console=kind == "administrator")
                        assert "%(" not in str(said.sentence) and "%(" not in said.sentence.__html__()

    def test_of_french_is_not_that_of_english(self):
        one = {language: {} for language in ("en", "fr")}
        for language, sentences in one.items():
            with force_locale(language):
                sentences |= {act: str(told(entry(act, None)).sentence) for act in SENTENCES}
        assert [act for act in SENTENCES if one["en"][act] == one["fr"][act]] == []

    def test_of_an_appointment_says_who_whom_what_and_until_when(self):
        with force_locale("en"):
            one = entry(
                "member.appointed", {"role": "community_manager", "until": "2027-06-03T22:00:00+00:00"}
            )
            said = "Claire Durand appointed Karim Haddad community manager until 3 June 2027."
            assert str(told(one).sentence) == said

    def test_leads_to_people_and_lets_no_name_become_a_page(self):
        names = {("membership", 2): Named("<b>Karim</b>")}
        html = told(entry("grade.assessed", {"levels": {"care": 3}}), names=names).sentence.__html__()
        assert "&lt;b&gt;Karim" in html and "<b>" not in html
        assert '<a href="/people.show?number=2"><bdi>' in html

    def test_tells_of_somebody_erased_without_a_name(self):
        names = {("membership", 1): Named(None, former=True), ("membership", 2): Named(None, former=True)}
        with force_locale("en"):
            one = told(entry("member.appointed", {"role": "sponsor"}), names=names)
            assert str(one.sentence) == "A former member appointed a former member sponsor."

    def test_names_nobody_of_a_community_in_the_console(self):
        with force_locale("en"):
            one = told(entry("member.appointed", {"role": "sponsor"}), in_console=True)
        assert str(one.sentence) == "Member 1 of “Our space” appointed member 2 sponsor."
        assert "people.show" not in one.sentence.__html__()

    def test_of_an_act_of_a_later_release_says_so(self):
        one = entry("grade.marked", {"reason": "Because"})
        one.act, one.area = "library.lent", "library"
        with force_locale("en"):
            said = told(one)
            assert str(said.sentence) == "Claire Durand: library.lent. This release has no words for it."
            assert audit_words.area_name(one.area) == "library"

    def test_of_an_entry_without_an_area_goes_by_its_act(self):
        one = entry("charter.written", {"number": 2})
        one.area = ""
        assert audit_words.area_of(one) == Area.SPACE

    def test_says_who_was_put_where_and_what_was_marked(self):
        marks = [["post:7", 2, None, "3/4", "Good"], ["post:8", 2, "1", "1/2", None]]
        with force_locale("en"):
            several = told(entry("subgroup.put-in", {"members": [2, 1]}))
            marked = told(
                entry("grade.marked-several", {"marks": marks}), names={("post", 7): Named("A post")}
            )
            arranged = {
                "before": {"name": "Old", "file_limit": None},
                "after": {"name": "New", "file_limit": 10**7},
            }
            changed = told(entry("community.arranged", arranged))
        assert [str(note) for note in several.notes] == ["About: Karim Haddad, Claire Durand"]
        assert "A post, by Karim Haddad: ¾ instead of – (Good)" in [str(note) for note in marked.notes]
        assert [str(note) for note in changed.notes] == [
            "Name of the space: “New” instead of “Old”",
            "Largest file: 10 MB instead of the limit of the installation",
        ]
