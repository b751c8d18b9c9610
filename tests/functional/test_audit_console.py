"""The audit log of the console: administrators read what is theirs, and of people no more than numbers."""

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import AuditEntry, Organisation, Role
from lti_tool.services import audit, audit_reading, platforms
from lti_tool.transactions import transaction
from tests.functional.space import Space
from tests.support.administrators import HOST, administrator
from tests.support.statements import counted
from tests.support.world import TOOL, World


class Console:
    """The tool with acts of two organisations, one of them with a community whose trainer appoints."""

    def __init__(self, world: World, space: Space) -> None:
        self.world = world
        self.trainer = space.home_of(Role.TRAINER)
        space.home("ines")
        self.trainer.post(f"members/{space.number('ines')}/appointment", role="sponsor")
        self.ours = administrator(world)
        self.theirs = administrator(world, organisation="Another school")
        self.operator = administrator(world, operator=True)
        with world.app.app_context(), transaction():
            platforms.approve(world.platform_id, "tenant", clock.now(), "Another school", TOOL)

    def organisation(self, name: str) -> int:
        with self.world.database() as session:
            return session.scalars(select(Organisation.id).where(Organisation.name == name)).one()

    def put(self, count: int, **more) -> None:
        with self.world.app.app_context(), transaction():
            usual = {"act": "keys.encrypted-anew", "actor_kind": "operator", "area": "installation"}
            db.session.execute(
                insert(AuditEntry),
                [
                    usual
                    | {"at": clock.now() - timedelta(seconds=number), "detail": {"count": number}}
                    | more
                    for number in range(1, count + 1)
                ],
            )

    def file(self, who, ending: str, query: str = "") -> str:
        answer = who.tool.get(f"/admin/audit.{ending}{query}", base_url=TOOL, headers=who.headers)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        return answer.get_data().decode("utf-8-sig")


@pytest.fixture
def console(world, space):
    return Console(world, space)


def sentences(page) -> list[str]:
    return [" ".join(cell.get_text().split()) for cell in page.soup.select("tbody td:nth-of-type(1)")]


class TestWhoReadsWhat:
    def test_an_administrator_reads_what_concerns_the_own_organisation(self, console):
        told = sentences(console.ours.get("/admin/audit"))
        assert any(one.startswith("An operator (command line) connected the platform") for one in told)
        assert not any("accepted the deployment" in one for one in told)
        assert not any("signed in" in one for one in told)  # of no organisation: for operators

    def test_of_another_organisation_nothing_however_one_asks(self, console):
        number = console.organisation(HOST)
        told = sentences(console.theirs.get("/admin/audit"))
        assert [one for one in told if "accepted the deployment" in one]
        assert not [one for one in told if "connected" in one or "appointed" in one]
        for below in ("audit", "audit.csv", "audit.json"):
            page = console.theirs.get(f"/admin/{below}?organisation={number}")
            nowhere = console.theirs.get(f"/admin/{below}?organisation=99999")
            assert (page.status, page.html) == (404, nowhere.html)

    def test_an_operator_reads_everything_and_can_choose(self, console):
        told = sentences(console.operator.get("/admin/audit"))
        for words in ("connected the platform", "accepted the deployment", "appointed", "signed in"):
            assert [one for one in told if words in one], words
        number = console.organisation("Another school")
        chosen = sentences(console.operator.get(f"/admin/audit?organisation={number}"))
        assert [one for one in chosen if "accepted" in one] and not [one for one in chosen if "signed" in one]

    def test_an_administrator_of_nothing_reads_nothing(self, console):
        with console.world.app.app_context(), transaction():
            db.session.execute(
                text("DELETE FROM administrator_organisation WHERE administrator_id = :number"),
                {"number": console.theirs.id},
            )
        page = console.theirs.get("/admin/audit")
        assert page.status == 200 and page.soup.select_one(".empty h3").text == "No entry yet"

    def test_somebody_of_a_community_is_a_number_and_has_no_marks(self, console):
        console.put(
            3,
            act="grade.override",
            area="grading",
            detail={"reason": "zebrareason"},
            organisation_id=console.organisation(HOST),
            community_id=int(console.trainer.community.split("/")[2]),
        )
        for who in (console.ours, console.operator):
            for query in ("", "?area=grading"):
                page = who.get(f"/admin/audit{query}")
                told = page.html + console.file(who, "csv", query) + console.file(who, "json", query)
                for words in ("zebrareason", "Inès", "Claire", "grade.override"):
                    assert words not in told, (query, words)
        assert any("appointed member" in one for one in sentences(console.ours.get("/admin/audit")))


class TestLookingFor:
    def test_an_area_and_days(self, console):
        today = clock.now().date()
        assert sentences(console.operator.get("/admin/audit?area=connection"))
        assert not sentences(console.operator.get(f"/admin/audit?to={today - timedelta(days=1)}"))
        assert sentences(console.operator.get(f"/admin/audit?from={today}&to={today}"))

    def test_goes_on_page_by_page(self, console):
        console.put(120)
        seen, address = [], "/admin/audit?area=installation"
        while address:
            page = console.operator.get(address)
            assert len(sentences(page)) <= audit_reading.PER_PAGE
            seen += [one for one in sentences(page) if "encrypted" in one]
            following = page.soup.select_one("a[rel=next]")
            address = following["href"] if following else None
        assert len(seen) == len(set(seen)) == 120

    def test_costs_as_many_statements_whatever_there_is(self, console):
        self.cost(console)
        few = self.cost(console)
        console.put(300)
        console.put(300, act="platform.suspended", area="connection", subject="platform:1")
        assert self.cost(console) == few

    def cost(self, console) -> int:
        with console.world.app.app_context(), counted() as sent:
            assert console.operator.get("/admin/audit").status == 200
        return len(sent)

    def test_works_for_an_administrator_of_very_many_organisations(self, console, monkeypatch):
        monkeypatch.setattr(audit_reading, "_MOST_PARTS", 4)
        numbers = []
        with console.world.app.app_context(), transaction():
            for number in range(12):
                one = Organisation(name=f"School {number}", created_at=clock.now())
                db.session.add(one)
                db.session.flush()
                numbers.append(one.id)
                db.session.execute(
                    text(
                        "INSERT INTO administrator_organisation (administrator_id, organisation_id)"
                        " VALUES (:who, :number)"
                    ),
                    {"who": console.theirs.id, "number": one.id},
                )
        for number in numbers:
            console.put(2, act="platform.resumed", area="connection", organisation_id=number)
        told = sentences(console.theirs.get("/admin/audit?area=connection"))
        assert len([one for one in told if "launch again" in one]) == 24


class TestTheFiles:
    def test_have_all_of_it_by_the_clock_of_the_console(self, console, monkeypatch):
        monkeypatch.setattr(audit_reading, "AT_ONCE", 7)
        console.put(30)
        entries = json.loads(console.file(console.operator, "json"))["entries"]
        assert len([one for one in entries if one["act"] == "keys.encrypted-anew"]) == 30
        assert all(one["at"].endswith("+00:00") for one in entries)
        rows = list(csv.DictReader(io.StringIO(console.file(console.operator, "csv", "?area=installation"))))
        assert {row["area"] for row in rows} == {audit.Area.INSTALLATION.value}
