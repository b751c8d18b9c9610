"""A space taken along: every contribution, readable without us, with its files, for those who lead it."""

import io
import json
import re
import zipfile

import pytest
from bs4 import BeautifulSoup

from lti_tool.models import AuditEntry
from lti_tool.services import space_export
from tests.functional.space import id_of
from tests.functional.test_files import bring
from tests.functional.test_subgroups import Groups
from tests.support.statements import counted
from tests.unit.knowledge.sample_files import TAKEN

pytestmark = pytest.mark.slow_on_postgresql

A_PDF = TAKEN["report.pdf"]


def taken(space, person: str = "claire") -> zipfile.ZipFile:
    """Let somebody take the space along; return the archive."""
    answer = space.home(person).post("life/archive", follow=False)
    assert answer.status == 200 and answer.response.mimetype == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.response.get_data()))


def read(archive: zipfile.ZipFile, name: str):
    text = archive.read(name).decode()
    return json.loads(text) if name.endswith(".json") else BeautifulSoup(text, "html.parser")


@pytest.fixture
def lived(space):
    """A question with a file and a reply that mentions its author, and one in a sub-group."""
    space.home("claire").post("charter/edit", body="Be **kind**.", language="en", number="0")
    for person in ("ines", "karim"):
        space.home(person).post("charter/acceptance", number="1")
    number = bring(space.home("ines"), ("report.pdf", A_PDF)).json["files"][0]["id"]
    thread = space.write("ines", title="<b>How</b>?", body="Tell **me**.", attachment=str(number))
    space.reply("karim", thread, f"Like this, @{space.name('ines')}")
    groups = Groups(space)
    group = groups.make("Northerners", "ines")
    closed = space.write("ines", title="Among us", subgroup=str(group))
    return thread, closed, number


def test_holds_every_thread_as_a_page_and_as_json_with_its_files(space, lived):
    thread, closed, file = lived
    archive = taken(space)
    assert archive.testzip() is None
    number = id_of(thread)
    assert set(archive.namelist()) == {
        *("index.html", "space.json", "style.css", f"files/{file}-report.pdf"),
        *(f"threads/{one}.{kind}" for one in (number, id_of(closed)) for kind in ("html", "json")),
    }
    page = read(archive, f"threads/{number}.html")
    assert page.h1.text == "<b>How</b>?" and page.select_one("article strong").text == "me"
    assert "@Inès Lefèvre" in page.select("article")[1].text
    link = page.select_one("article ul a")["href"]
    assert archive.read(link.removeprefix("../")) == A_PDF
    told = read(archive, f"threads/{number}.json")
    assert told["title"] == "<b>How</b>?" and told["author"]["name"] == "Inès Lefèvre"
    assert told["replies"][0]["body"].endswith("@Inès Lefèvre")
    assert read(archive, f"threads/{id_of(closed)}.json")["subgroup"] == "Northerners"


def test_begins_with_a_list_that_leads_everywhere_within_the_archive(space, lived):
    archive = taken(space)
    index = read(archive, "index.html")
    links = [one["href"] for one in index.select("li a")]
    assert links and set(links) <= set(archive.namelist())
    assert (
        "kind" in index.text and read(archive, "space.json")["charter"][0]["text"]["body"] == "Be **kind**."
    )
    for name in archive.namelist():
        if name.endswith(".html"):
            text = archive.read(name).decode()
            assert "/communities/" not in text and "<script" not in text
            assert not re.search(r"""(href|src)=["']https?:""", text)


def test_says_nothing_of_what_was_deleted(space, lived):
    gone = space.write("ines", title="Zebramarkt", body="Taken back.")
    space.home("ines").post(f"posts/{id_of(gone)}/delete")
    archive = taken(space)
    assert f"threads/{id_of(gone)}.html" not in archive.namelist()
    assert not any(b"Zebramarkt" in archive.read(name) for name in archive.namelist())


def test_is_noted_and_for_those_who_lead_it(space, lived):
    taken(space)
    assert space.count(AuditEntry, AuditEntry.act == "community.exported") == 1
    for person in ("ines", "karim"):
        assert space.home(person).post("life/archive", follow=False).status == 403
    assert space.count(AuditEntry, AuditEntry.act == "community.exported") == 1


def test_of_nothing_is_an_archive_too(space):
    archive = taken(space)
    assert set(archive.namelist()) == {"index.html", "space.json", "style.css"}


def test_goes_on_page_by_page_and_costs_the_same_for_each(space, monkeypatch):
    monkeypatch.setattr(space_export, "THREADS", 2)

    def cost() -> int:
        with space.world.app.app_context(), counted() as sent:
            taken(space)
        return len(sent)

    numbers = []
    for count in range(5):
        numbers.append(id_of(space.write("ines", title=f"Question {count}", body=f"Tell {count}.")))
        if count == 2:
            of_three = cost()
    assert {f"threads/{one}.html" for one in numbers} <= set(taken(space).namelist())
    assert cost() - of_three <= 8  # one page more
