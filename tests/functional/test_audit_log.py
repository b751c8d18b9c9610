"""The audit log of a community: who reads what of it, how it is looked through and taken along."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Community, Membership, Role, User
from lti_tool.services import audit, audit_reading, housekeeping
from lti_tool.transactions import transaction
from tests.functional.space import Space
from tests.support.statements import counted
from tests.support.world import ENGLISH, TOOL

LEARNER, TRAINER, LEAD, MANAGER = (
    Role.LEARNER, Role.TRAINER, Role.PEDAGOGICAL_LEAD, Role.COMMUNITY_MANAGER
)  # fmt: skip
LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Log:
    """The log of the French course's community: entries put in at will, pages as people see them."""

    def __init__(self, space: Space) -> None:
        self.space, self.world = space, space.world
        self.trainer = space.home_of(TRAINER)
        space.home("ines")
        self.community = int(self.trainer.community.split("/")[2])

    def note(self, act: str, subject: str = "community:1", by: str = "claire", at=LONG_AGO, **more) -> None:
        """Put an entry into the log as services do, or as `more` says otherwise."""
        self.put({"act": act, "subject": subject, "actor_id": self.space.number(by), "at": at} | more)

    def put(self, *entries: dict) -> None:
        with self.world.app.app_context(), transaction():
            community = db.session.get_one(Community, self.community)
            usual = {
                "organisation_id": community.organisation_id,
                "community_id": community.id,
                "actor_kind": "member",
                "detail": None,
                "subject": None,
            }
            rows = [usual | {"area": audit.area_of(one["act"]).value} | one for one in entries]
            db.session.execute(insert(AuditEntry), rows)

    def of(self, role: Role, query: str = ""):
        return self.space.home_of(role).get("audit", **dict(parse_qsl(query.removeprefix("?"))))

    def sentences(self, page) -> list[str]:
        return [" ".join(cell.get_text().split()) for cell in page.soup.select("tbody td:nth-of-type(1)")]

    def file(self, role: Role, ending: str, query: str = "") -> str:
        home = self.space.home_of(role)
        address = f"{home.community}audit.{ending}{query or '?'}&seat={home.seat}"
        answer = home.browser.tool.get(address, base_url=TOOL, headers=home.browser.headers)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.get_data().decode("utf-8-sig")


@pytest.fixture
def log(space):
    return Log(space)


class TestThePage:
    def test_says_that_nothing_happened_yet(self, log):
        page = log.of(TRAINER)
        assert page.status == 200
        assert page.soup.select_one(".empty h3").text == "Pas encore d’entrée"

    def test_is_found_in_the_menu_the_settings_and_on_a_member_s_page(self, log):
        number = log.space.number("ines")
        for below in ("", "space", f"members/{number}"):
            page = log.trainer.get(below)
            assert page.soup.select_one("main a[href*='/audit'], .pop a[href*='/audit']"), below
        assert f"audit?person={number}" in log.trainer.get(f"members/{number}").html
        assert "/audit" not in log.space.home("ines").get("").html

    def test_tells_what_really_happened_with_links_to_people(self, log):
        log.space.home("karim")
        karim = log.space.number("karim")
        log.trainer.post(f"members/{karim}/appointment", role="community_manager")
        log.trainer.post("charter/edit", body="Be kind.", language="en", number="0")
        page = log.of(TRAINER)
        assert log.sentences(page) == [
            "Claire Dubois a écrit la version 1 de la charte.",
            "Claire Dubois a nommé Karim Haddad gestionnaire de communauté.",
        ]
        assert page.soup.select_one(f"tbody a[href*='/members/{karim}']").text == "Karim Haddad"

    def test_speaks_english_too(self, log):
        log.note("member.appointed", f"membership:{log.space.number('ines')}", detail={"role": "sponsor"})
        log.trainer.post("preferences/language", language="en")
        assert log.sentences(log.of(TRAINER)) == ["Claire Dubois appointed Inès Lefèvre sponsor."]

    def test_stays_readable_in_a_closed_community(self, log):
        log.note("charter.written", detail={"number": 1})
        with log.world.app.app_context(), transaction():
            db.session.execute(text("UPDATE community SET state = 'closed'"))
        page = log.of(TRAINER)
        assert page.status == 200 and len(log.sentences(page)) == 1

    def test_goes_on_page_by_page_and_loses_nothing_of_one_moment(self, log):
        entries = [{"act": "charter.written", "detail": {"number": n}, "at": LONG_AGO} for n in range(1, 121)]
        log.put(*({**one, "actor_id": log.space.number("claire")} for one in entries))
        seen, query = [], ""
        for _ in range(3):
            page = log.of(TRAINER, query)
            seen += log.sentences(page)
            following = page.soup.select_one("a[rel=next]")
            query = following["href"].partition("audit")[2] if following else ""
        assert len(seen) == len(set(seen)) == 120
        assert "version 120 " in seen[0] and "version 1 " in seen[-1]
        assert not query

    @pytest.mark.parametrize(
        "query", ["?before=x", "?person=x&from=x&to=9999-99-99&area=x", "?to=9999-12-31"]
    )
    def test_understands_nothing_of_what_is_no_filter(self, log, query):
        log.note("charter.written", detail={"number": 1})
        assert len(log.sentences(log.of(TRAINER, query))) == 1


class TestGrading:
    """What is about marks is for those who give them, however one asks."""

    SECRET = "zebrareason"

    @pytest.fixture
    def marked(self, log):
        number = log.space.number("ines")
        log.note(
            "grade.override",
            f"membership:{number}",
            detail={"value": "3", "reason": self.SECRET, "column": 1},
        )
        log.note("grade.marked", "post:1", detail={"of": number, "mark": "1/2", "reason": self.SECRET})
        log.note("question.asked", "question:1", by="ines", detail={"about": "score"})
        log.note("subgroup.closed", "subgroup:1")
        return log

    def test_is_read_by_trainers(self, marked):
        page = marked.of(TRAINER)
        assert len(marked.sentences(page)) == 4
        assert self.SECRET in page.html
        assert self.SECRET in marked.file(TRAINER, "csv") and self.SECRET in marked.file(TRAINER, "json")

    @pytest.mark.parametrize("role", [LEAD, MANAGER], ids=str)
    def test_is_not_read_by_others_who_look_after_the_community(self, marked, role):
        number = marked.space.number("ines")
        for query in ("", "?area=grading", f"?person={number}", f"?area=grading&person={number}"):
            page = marked.of(role, query)
            assert page.status == 200
            told = page.html + marked.file(role, "csv", query) + marked.file(role, "json", query)
            assert self.SECRET not in told and "grade." not in told and "question." not in told, query
        assert len(marked.sentences(marked.of(role))) == 1
        offered = {one["value"] for one in marked.of(role).soup.select("#area option")}
        assert "grading" not in offered and "people" in offered

    def test_of_a_later_release_is_not_taken_for_something_else(self, marked):
        """An area that this release does not know might be as private."""
        marked.note("grade.marked", "post:1", area="secret-marks", detail={"reason": "okapi"})
        assert "okapi" in marked.of(TRAINER).html
        for query in ("", f"?person={marked.space.number('claire')}"):
            assert "okapi" not in marked.of(MANAGER, query).html


class TestLookingFor:
    def test_an_area(self, log):
        log.note("charter.written", detail={"number": 1})
        log.note("roster.taken-over", "course:1", detail={"departures": 2})
        assert len(log.sentences(log.of(TRAINER, "?area=space"))) == 1
        assert "2 personnes" in log.sentences(log.of(TRAINER, "?area=people"))[0]
        assert log.of(TRAINER, "?area=connection").soup.select_one(".empty h3").text == (
            "Aucune entrée de ce genre"
        )

    def test_a_person_who_acted_or_whom_it_is_about_once_each(self, log):
        ines, claire = log.space.number("ines"), log.space.number("claire")
        log.note("member.appointed", f"membership:{ines}", detail={"role": "sponsor"})
        log.note("question.asked", "question:1", by="ines")
        log.note("grade.assessed", f"membership:{claire}")  # oneself: in two parts, told once
        log.note("charter.written", detail={"number": 1})
        assert len(log.sentences(log.of(TRAINER, f"?person={ines}"))) == 2
        assert len(log.sentences(log.of(TRAINER, f"?person={claire}"))) == 3
        assert len(log.sentences(log.of(TRAINER, f"?person={ines}&area=grading"))) == 1
        page = log.of(TRAINER, f"?person={ines}")
        assert "Inès Lefèvre" in page.soup.select_one(".chip.asked").text

    def test_a_person_by_part_of_the_name(self, log):
        log.note("question.asked", "question:1", by="ines")
        found = log.of(TRAINER, "?name=lefevre&area=grading")
        assert found.status == 303
        for asked in (f"person={log.space.number('ines')}", "area=grading"):
            assert asked in found.response.location
        assert "Personne ici ne s’appelle ainsi" in log.of(TRAINER, "?name=Zorro").text
        offered = log.of(TRAINER, "?name=e").soup.select(".callout a[href*='person=']")
        assert len(offered) > 1

    def test_days_of_the_community_s_calendar(self, log):
        # Half past eleven in the evening of the fourth is the fifth in Paris.
        late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
        log.note("charter.written", detail={"number": 1}, at=late)
        log.note("charter.written", detail={"number": 2}, at=late - timedelta(hours=2))
        assert "version 1 " in log.sentences(log.of(TRAINER, "?from=2026-03-05&to=2026-03-05"))[0]
        assert "version 2 " in log.sentences(log.of(TRAINER, "?to=2026-03-04"))[0]
        assert log.sentences(log.of(TRAINER, "?from=2026-03-06")) == []

    def test_is_kept_from_page_to_page_and_in_the_files(self, log):
        number = log.space.number("claire")
        entries = [{"act": "charter.written", "actor_id": number, "at": LONG_AGO}] * 60
        log.put(*entries)
        page = log.of(TRAINER, f"?area=space&person={number}&from=2026-01-01")
        for link in page.soup.select("a[rel=next], a[download]"):
            for asked in ("area=space", f"person={number}", "from=2026-01-01"):
                assert asked in link["href"]


class TestNames:
    def test_of_somebody_erased_are_not_told(self, log):
        ines = log.space.number("ines")
        log.note("member.appointed", f"membership:{ines}", detail={"role": "sponsor"})
        log.note("question.asked", "question:1", by="ines")
        with log.world.app.app_context(), transaction():
            user = db.session.scalars(select(User).join(Membership).where(Membership.id == ines)).one()
            user.erased_at, user.name, user.given_name, user.family_name = clock.now(), None, None, None
        page = log.of(TRAINER)
        assert "Inès" not in page.soup.select_one("main").text
        assert log.sentences(page) == [
            "Ancien membre a posé une question sur son score.",
            "Claire Dubois a nommé un ancien membre commanditaire.",
        ]

    def test_of_another_community_are_not_told(self, log):
        grace = log.world.enter("grace", ENGLISH)
        with log.world.database() as session:
            number = session.scalars(
                select(Membership.id).join(User).where(User.name.startswith("Grace"))
            ).one()
        log.note("member.appointed", f"membership:{number}", detail={"role": "sponsor"})
        assert grace.status == 200
        for query in ("", f"?person={number}"):
            assert "Grace" not in log.of(TRAINER, query).soup.select_one("main").text

    def test_lead_nowhere_when_the_thing_is_gone(self, log):
        question = log.space.write("ines", "Gone tomorrow")
        number = int(question.path.split("/posts/")[1].partition("?")[0])
        log.note("grade.marked", f"post:{number}", detail={"of": log.space.number("ines"), "mark": "1"})
        page = log.of(TRAINER)
        assert page.soup.select_one(f"tbody a[href*='/posts/{number}']").text == "Gone tomorrow"
        log.space.home("ines").post(f"posts/{number}/delete")
        page = log.of(TRAINER)
        assert "une contribution supprimée" in log.sentences(page)[0]
        assert not page.soup.select(f"tbody a[href*='/posts/{number}']")

    def test_take_a_constant_number_of_statements(self, log):
        people = ["ines", "karim", "claire"]
        log.space.home("karim")
        members = [log.space.number(one) for one in people]
        log.note("member.appointed", f"membership:{members[0]}", detail={"role": "sponsor"})
        log.note("grade.marked", "post:1", detail={"of": members[0]})
        few = self.cost(log)
        log.put(
            *(
                {
                    "act": act,
                    "subject": f"{table}:{number % 9 + 1}",
                    "actor_id": members[number % 3],
                    "at": LONG_AGO + timedelta(minutes=number),
                    "detail": {"of": members[number % 3]} if table == "post" else None,
                }
                for number in range(200)
                for act, table in (("grade.marked", "post"), ("member.appointed", "membership"))
            )
        )
        assert self.cost(log) == few

    def cost(self, log) -> int:
        with log.world.app.app_context(), counted() as sent:
            assert log.of(TRAINER).status == 200
        return len(sent)


class TestTheFiles:
    def test_are_refused_to_whoever_may_not_read_the_log(self, log):
        for below in ("audit.csv", "audit.json"):
            assert log.space.home("ines").get(below).status == 403

    def test_say_when_with_the_offset_of_the_community(self, log):
        log.note("charter.written", detail={"number": 1}, at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
        (entry,) = json.loads(log.file(TRAINER, "json"))["entries"]
        assert entry["at"] == "2026-07-02T00:30:00+02:00"
        assert entry["act"] == "charter.written" and entry["area"] == "space"
        assert entry["who"] == "Claire Dubois" and entry["detail"] == {"number": 1}
        assert entry["sentence"] == "Claire Dubois a écrit la version 1 de la charte."

    @pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
    def test_run_no_formula(self, log, sign):
        hostile = f'{sign}HYPERLINK("https://evil.test")'
        log.note("grade.override", f"membership:{log.space.number('ines')}", detail={"reason": hostile})
        rows = list(csv.DictReader(io.StringIO(log.file(TRAINER, "csv")), delimiter=";"))
        assert rows[0]["reason"] == f"'{hostile}"
        assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+@\t\r" and cell]

    def test_have_every_entry_that_is_looked_for(self, log, monkeypatch):
        monkeypatch.setattr(audit_reading, "AT_ONCE", 7)
        number = log.space.number("claire")
        log.put(
            *(
                {"act": "charter.written", "actor_id": number, "at": LONG_AGO, "detail": {"number": n}}
                for n in range(1, 31)
            )
        )
        log.note("subgroup.closed", "subgroup:1")
        entries = json.loads(log.file(TRAINER, "json", "?area=space"))["entries"]
        assert len(entries) == 31
        rows = list(csv.DictReader(io.StringIO(log.file(MANAGER, "csv")), delimiter=";"))
        assert {row["number"] for row in rows} == {str(entry["number"]) for entry in entries}


class TestTheLock:
    """Nobody changes or deletes an entry, whoever sends the statement."""

    @pytest.fixture
    def entry(self, log):
        log.note("charter.written", detail={"number": 1})
        return log

    def refused(self, log, statement: str) -> None:
        expected = pytest.raises((IntegrityError, DatabaseError), match="append-only")
        with log.world.app.app_context(), expected, transaction():
            db.session.execute(text(statement))

    @pytest.mark.parametrize(
        "change",
        [
            "act = 'charter.burnt'",
            "at = at",
            "actor_id = 7",
            "actor_kind = 'operator'",
            "subject = NULL",
            "community_id = NULL",
            "organisation_id = NULL",
            "area = 'people'",
        ],
    )
    def test_refuses_a_change(self, entry, change):
        if change == "at = at":
            change = "at = '2020-01-01 00:00:00+00:00'"
        self.refused(entry, f"UPDATE audit_entry SET {change}")

    def test_refuses_to_delete(self, entry):
        self.refused(entry, "DELETE FROM audit_entry")
        assert entry.space.count(AuditEntry) >= 1

    @pytest.mark.sqlite
    def test_refuses_to_put_another_one_in_its_place(self, entry):
        kept = "at, act, actor_kind, actor_id, organisation_id, community_id, subject, detail, area"
        other = kept.replace("act,", "'charter.burnt',", 1)
        self.refused(entry, f"REPLACE INTO audit_entry (id, {kept}) SELECT id, {other} FROM audit_entry")

    @pytest.mark.postgresql
    def test_refuses_to_empty_it(self, entry):
        self.refused(entry, "TRUNCATE audit_entry")

    def test_lets_an_erasure_clean_the_detail(self, entry):
        with entry.world.app.app_context(), transaction():
            db.session.execute(text("UPDATE audit_entry SET detail = NULL"))


class TestEntriesOfTheReleaseBefore:
    """While both run, it notes without an area: nothing fails, nothing is shown to the wrong people."""

    @pytest.fixture
    def old(self, log):
        with log.world.app.app_context(), transaction():
            community = db.session.get_one(Community, log.community)
            for act in ("charter.written", "grade.marked"):
                db.session.execute(
                    text(
                        "INSERT INTO audit_entry"
                        " (at, act, actor_kind, actor_id, organisation_id, community_id)"
                        f" VALUES ('2026-01-05 12:00:00+00:00', '{act}', 'member',"
                        f" {log.space.number('claire')}, {community.organisation_id}, {community.id})"
                    )
                )
        return log

    def test_are_told_by_their_act(self, old):
        for told in (False, True):
            if told:
                with old.world.app.app_context(), transaction():
                    housekeeping.sweep(clock.now())
                assert (
                    old.space.count(AuditEntry, AuditEntry.area == "", AuditEntry.community_id.is_not(None))
                    == 0
                )
            assert len(old.sentences(old.of(TRAINER))) == 2
            assert len(old.sentences(old.of(TRAINER, "?area=grading"))) == 1
            for query in ("", "?area=space", f"?person={old.space.number('claire')}"):
                assert len(old.sentences(old.of(MANAGER, query))) == 1, query
