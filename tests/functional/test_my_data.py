"""One's own data: what is known, a copy to take along, and asking to be erased; erasing in the console."""

import io
import json
from datetime import timedelta
from zipfile import ZipFile

import pytest
from sqlalchemy import select, update

from lti_tool import clock, personal_copy_page
from lti_tool.extensions import Base, db
from lti_tool.models import (
    AuditEntry,
    CopyState,
    Course,
    Deployment,
    Enrolment,
    ErasureRequest,
    Membership,
    Organisation,
    PersonalCopy,
    User,
)
from lti_tool.services import erasure, file_sweep, held_kinds, person_export, personal_copies, storage
from lti_tool.transactions import reading, transaction
from tests.functional.space import id_of
from tests.functional.test_files import brought
from tests.support.administrators import administrator
from tests.support.statements import counted
from tests.support.world import TOOL
from tests.unit.knowledge import sample_files

pytestmark = pytest.mark.database


class Owner:
    """Somebody with a question, a reply, a file and a draft, and the worker who makes copies."""

    def __init__(self, space) -> None:
        self.space, self.app = space, space.world.app
        self.page = space.home("ines")
        number = brought(self.page, "A plan.png", sample_files.picture())
        self.thread = space.write("ines", body="My question of the year.", attachment=number)
        space.reply("ines", self.thread, "And my own reply.")
        space.reply("karim", self.thread, "Karim's words are his.")

    @property
    def user_id(self) -> int:
        with self.space.world.database() as session:
            return session.scalars(select(User.id).where(User.sub == "u-ines")).one()

    def make(self, now=clock.now, in_words=personal_copy_page.written) -> None:
        with self.app.app_context():
            personal_copies.make_due(now, transaction, reading, in_words)

    def take(self) -> ZipFile:
        answer = self.page.get("my-data/copy").response
        assert answer.status_code == 200
        return ZipFile(io.BytesIO(answer.get_data()))

    def row(self):
        with self.space.world.database() as session:
            return session.execute(select(PersonalCopy.state, PersonalCopy.key)).one_or_none()

    def stored(self) -> list[str]:
        with self.app.app_context():
            return storage.names_in(personal_copies.FOLDER)


@pytest.fixture
def owner(space):
    made = Owner(space)
    with made.app.app_context():
        storage.drop(f"{personal_copies.FOLDER}/{name}" for name in made.stored())
    return made


def cells(page, group: str) -> dict[str, list[str]]:
    rows = page.soup.select(f"section[aria-labelledby='{group}'] tbody tr")
    return {row.th.text.strip(): [cell.text.strip() for cell in row.select("td")] for row in rows}


class TestWhatIsKnown:
    def test_says_where_from_for_whom_and_how_long(self, owner):
        page = owner.page.get("my-data")
        assert "ines@example.org" in page.text
        written = cells(page, "written")
        assert written["Contributions écrites"][0] == "1"
        assert written["Contributions écrites"][1:] == [
            "Vous",
            "Vous et ceux qui lisent les contributions ici",
            "Jusqu’à votre effacement, ou celui de l’espace",
        ]
        assert cells(page, "coming-in")["Lignes du journal des lancements"][3] == "180 jours"

    def test_is_ones_own_alone(self, owner):
        page = owner.space.home("hugo").get("my-data")
        assert "ines@example.org" not in page.text
        assert "Contributions écrites" not in page.text

    @pytest.mark.parametrize("table", sorted(Base.metadata.tables))
    def test_is_described_for_every_table_that_belongs_to_a_person(self, table):
        """Whoever adds such a table says in `held_kinds` from where it comes, for whom, and until when."""
        rows = Base.metadata.tables[table]
        theirs = person_export._owners(rows, User) + person_export._owners(rows, Membership)
        assert bool(theirs) is (table in held_kinds.KINDS)

    def test_costs_the_same_however_much_there_is(self, owner):
        def statements():
            with owner.app.app_context(), counted() as seen:
                assert owner.page.get("my-data").status == 200
            return len(seen)

        before = statements()
        for number in range(5):
            owner.space.reply("ines", owner.thread, f"One more, {number}.")
        assert statements() == before


class TestTakingACopy:
    def test_is_made_by_a_worker_with_everything_to_read_and_for_programs(self, owner):
        page = owner.page.post("my-data/copy")
        assert "Votre copie se prépare depuis" in page.text
        assert owner.page.get("my-data/copy").status == 404
        owner.make()
        parcel = owner.take()
        assert parcel.testzip() is None
        readable = parcel.read("index.html").decode()
        assert 'lang="fr"' in readable
        assert "My question of the year." in readable
        assert "And my own reply." in readable
        assert "his" not in readable.replace("this", "")
        told = json.loads(parcel.read("data.json"))
        assert told["person"]["email"] == "ines@example.org"
        (file,) = [name for name in parcel.namelist() if name.startswith("files/")]
        assert parcel.read(file)[:4] == b"\x89PNG"
        assert file.endswith("-A plan.png")
        assert "Télécharger" in owner.page.get("my-data").text

    def test_is_for_oneself_alone(self, owner):
        owner.page.post("my-data/copy")
        owner.make()
        assert owner.space.home("hugo").get("my-data/copy").status == 404
        assert owner.space.home("claire").get("my-data/copy").status == 404

    def test_can_be_taken_up_again_where_it_broke_off(self, owner):
        owner.page.post("my-data/copy")
        owner.make()
        whole = owner.page.get("my-data/copy").response.get_data()
        headers = owner.page.browser.headers | {"Range": "bytes=10-19"}
        address = f"{owner.page.community}my-data/copy?seat={owner.page.seat}"
        part = owner.page.browser.tool.get(address, base_url=TOOL, headers=headers)
        assert part.status_code == 206
        assert part.get_data() == whole[10:20]

    def test_that_was_just_made_is_not_made_again_and_later_takes_its_place(self, owner):
        owner.page.post("my-data/copy")
        owner.make()
        first = owner.row().key
        owner.page.post("my-data/copy")
        assert owner.row().state is CopyState.READY
        with owner.app.app_context(), transaction():
            earlier = clock.now() - personal_copies.AGAIN_AFTER
            db.session.execute(update(PersonalCopy).values(made_at=earlier))
        owner.page.post("my-data/copy")
        owner.make()
        assert owner.row().key != first
        assert len(owner.stored()) == 1

    def test_goes_after_a_week(self, owner):
        owner.page.post("my-data/copy")
        owner.make()
        assert len(owner.stored()) == 1
        with owner.app.app_context():
            assert personal_copies.sweep(clock.now, transaction) == 0
            later = clock.now() + personal_copies.KEPT_FOR + timedelta(minutes=1)
            assert personal_copies.sweep(lambda: later, transaction) == 1
        assert owner.row() is None
        assert owner.stored() == []
        assert owner.page.get("my-data/copy").status == 404

    def test_that_fails_again_and_again_is_given_up_and_may_be_asked_for_anew(self, owner):
        def broken(told, locale):
            raise OSError("no space left")

        owner.page.post("my-data/copy")
        moment = clock.now()
        for _ in range(personal_copies.MOST_TRIES + 1):
            moment += timedelta(hours=1)
            owner.make(lambda moment=moment: moment, broken)
        assert owner.row().state is CopyState.FAILED
        page = owner.page.get("my-data")
        assert "n’a pas pu être faite" in page.text
        owner.page.post("my-data/copy")
        owner.make()
        assert owner.row().state is CopyState.READY

    def test_of_a_worker_that_died_is_made_by_the_next(self, owner):
        owner.page.post("my-data/copy")
        with owner.app.app_context():
            with transaction():
                assert personal_copies._claimed(clock.now()) is not None
            with transaction():
                assert personal_copies._claimed(clock.now()) is None
        later = clock.now() + personal_copies.LEASE + timedelta(seconds=1)
        owner.make(lambda: later)
        assert owner.row().state is CopyState.READY

    def test_of_somebody_erased_meanwhile_leaves_nothing(self, owner):
        number = owner.user_id

        def meanwhile(told, locale):
            with owner.app.app_context():
                erasure.erase(number, clock.now(), transaction, wait=lambda seconds: None)
            return personal_copy_page.written(told, locale)

        owner.page.post("my-data/copy")
        owner.make(in_words=meanwhile)
        assert owner.row() is None
        assert owner.stored() == []

    def test_nobody_names_any_more_is_found_at_night(self, owner):
        owner.page.post("my-data/copy")
        owner.make()
        with owner.app.app_context():
            later = clock.now() + file_sweep.ORPHAN_AFTER + timedelta(hours=1)
            file_sweep.sweep_orphans(lambda: later, reading)
            assert len(owner.stored()) == 1
            with transaction():
                personal_copies.forget(owner.user_id)
            file_sweep.sweep_orphans(lambda: later, reading)
        assert owner.stored() == []


class TestAskingToBeErased:
    def test_needs_a_tick(self, owner):
        page = owner.page.post("my-data/erasure")
        assert page.status == 422
        assert page.soup.select_one("[role=alert]").text.startswith("Cochez d’abord")
        assert owner.space.count(ErasureRequest) == 0

    def test_changes_nothing_until_it_is_carried_out_and_can_be_taken_back(self, owner):
        for _ in range(2):
            page = owner.page.post("my-data/erasure", confirmed="1")
        assert "Vous avez demandé à être effacé le" in page.text
        assert owner.space.count(ErasureRequest) == 1
        assert owner.page.get("").status == 200
        assert "Vous ne demandez plus" in owner.page.post("my-data/erasure/withdrawal").text
        owner.page.post("my-data/erasure/withdrawal")
        assert owner.space.count(ErasureRequest) == 0
        acts = ["person.erasure-asked", "person.erasure-withdrawn"]
        with owner.space.world.database() as session:
            wanted = select(AuditEntry.act).where(AuditEntry.act.in_(acts)).order_by(AuditEntry.id)
            assert session.scalars(wanted).all() == acts


class TestTheConsole:
    def test_shows_who_asks_and_erases_them(self, owner):
        owner.page.post("my-data/copy")
        owner.make()
        owner.page.post("my-data/erasure", confirmed="1")
        admin, number = administrator(owner.space.world), owner.user_id
        waiting = admin.get("/admin/people")
        assert waiting.soup.select_one("section[aria-labelledby=waiting] a").text == "Inès Lefèvre"
        assert "My question" not in waiting.text
        mistyped = admin.post(f"/admin/people/{number}/erasure", {"number": "4711"})
        assert mistyped.status == 422
        assert "Nobody was erased" in mistyped.text
        done = admin.post(f"/admin/people/{number}/erasure", {"number": str(number)})
        assert "This person is erased" in done.text
        assert "Nobody is waiting" in done.text
        assert owner.stored() == []
        assert owner.space.count(User, User.sub == "u-ines") == 0
        assert "My question of the year." in owner.space.home("karim").get(thread_of(owner)).text
        with owner.space.world.database() as session:
            wanted = select(AuditEntry.actor_kind, AuditEntry.actor_id)
            actor = session.execute(wanted.where(AuditEntry.act == "person.erased")).one()
        assert actor == ("administrator", admin.id)
        again = admin.post(f"/admin/people/{number}/erasure", {"number": str(number)})
        assert again.status == 200
        assert "was erased on" in admin.get(f"/admin/people/{number}").text

    def test_finds_somebody_by_a_part_of_a_name(self, owner):
        found = administrator(owner.space.world).get("/admin/people?search=lefevre")
        assert [link.text for link in found.soup.select("section[aria-labelledby=find] a")] == [
            "Inès Lefèvre"
        ]
        nobody = administrator(owner.space.world).get("/admin/people?search=nobody")
        assert "Nobody is called like that" in nobody.text

    def test_is_closed_to_administrators_of_others(self, owner):
        owner.page.post("my-data/erasure", confirmed="1")
        other, number = administrator(owner.space.world, organisation="Another school"), owner.user_id
        assert "Inès" not in other.get("/admin/people").text
        assert "Inès" not in other.get("/admin/people?search=lefevre").text
        assert other.get(f"/admin/people/{number}").status == 404
        assert other.post(f"/admin/people/{number}/erasure", {"number": str(number)}).status == 404
        assert owner.space.count(User, User.sub == "u-ines") == 1

    def test_leaves_whom_two_organisations_share_to_operators(self, owner):
        """Erasing ends the account everywhere, also where somebody else decides."""
        number = owner.user_id
        ours, operator = administrator(owner.space.world), administrator(owner.space.world, operator=True)
        assert ours.get(f"/admin/people/{number}").status == 200
        with owner.app.app_context(), transaction():
            self.enrol_elsewhere(number)
        assert ours.get(f"/admin/people/{number}").status == 404
        assert operator.get(f"/admin/people/{number}").status == 200

    def enrol_elsewhere(self, user_id: int) -> None:
        here = db.session.scalars(select(Enrolment).where(Enrolment.user_id == user_id)).first()
        course = db.session.get_one(Course, here.course_id)
        deployment = db.session.get_one(Deployment, course.deployment_id)
        other = Organisation(name="Another school", created_at=clock.now())
        db.session.add(other)
        db.session.flush()
        theirs = copied(deployment, {"organisation_id": other.id, "deployment_id": "other"})
        elsewhere = copied(course, {"deployment_id": theirs.id, "context_id": "other"})
        copied(here, {"course_id": elsewhere.id})

    def test_counts_no_more_statements_for_many_who_wait(self, owner):
        operator = administrator(owner.space.world, operator=True)

        def statements():
            with owner.app.app_context(), counted() as seen:
                assert operator.get("/admin/people").status == 200
            return len(seen)

        owner.page.post("my-data/erasure", confirmed="1")
        before = statements()
        for person in ("hugo", "karim"):
            owner.space.home(person).post("my-data/erasure", confirmed="1")
        assert owner.space.count(ErasureRequest) == 3
        assert statements() == before


def copied(row, changes):
    """Add a row like this one, but for its number and these changes."""
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    made = type(row)(**{name: value for name, value in values.items() if name != "id"} | changes)
    db.session.add(made)
    db.session.flush()
    return made


def thread_of(owner) -> str:
    return f"posts/{id_of(owner.thread)}"
