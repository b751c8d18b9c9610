"""The full-text search through its page: one suite for both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, text, update

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    Attachment,
    Post,
    PostTag,
    SearchDocument,
    Subgroup,
    SubgroupMember,
    Tag,
    Topic,
)
from lti_tool.services import search, search_filling, search_index
from lti_tool.transactions import transaction
from tests.functional.filling import fill
from tests.functional.space import id_of
from tests.support.samples import samples
from tests.support.statements import counted


@pytest.fixture
def asks(space):
    """Ask the search page of a person for something."""

    def ask(typed: str, person: str = "karim", **more):
        page = space.home(person).get("search", q=typed, **more)
        assert page.status == 200, page.text
        return page

    space.home("karim")
    return ask


def titles(page) -> list[str]:
    return [link.text for link in page.soup.select(".results .title a")]


def fill_index(space) -> int:
    with space.world.app.app_context():
        return search_filling.fill(clock.now, transaction)


def change(space, statement):
    with space.world.app.app_context(), transaction():
        db.session.execute(statement)


class TestFinding:
    def test_posts_and_replies_in_any_form_with_what_was_looked_for_marked(self, space, asks):
        thread = space.write("ines", title="Nos réunions trop longues", body="Comment les **préparer** ?")
        space.reply("karim", thread, "Une reunion préparée à deux va plus vite.")
        page = asks("reunions préparer")
        assert titles(page) == ["Nos réunions trop longues", "Réponse à Nos réunions trop longues"]
        assert {mark.text for mark in page.soup.select(".results mark")} >= {
            "réunions",
            "préparer",
            "préparée",
        }
        assert "/posts/1?" in page.soup.select(".results a")[0]["href"]
        assert page.soup.select(".results .title a")[1]["href"].endswith("#comment-1")

    def test_both_languages_beginnings_phrases_and_what_is_left_out(self, space, asks):
        space.write("ines", title="Giving feedback", body="How do you help somebody who is helping others?")
        space.write("ines", title="Feedback annuel", body="Un entretien annuel, puis rien.")
        assert len(titles(asks("feed"))) == 2
        assert titles(asks("helped others ")) == ["Giving feedback"]
        assert titles(asks('"entretien annuel"')) == ["Feedback annuel"]
        assert titles(asks('"annuel entretien"')) == []
        assert titles(asks("feedback -annuel")) == ["Giving feedback"]

    def test_the_title_counts_more_than_the_text_and_a_solution_more_than_a_guess(self, space, asks):
        space.write("ines", title="Ailleurs", body="On y parle de planning.")
        solved = space.write("ines", title="Autre part", body="Du planning, aussi.")
        space.write("ines", title="Le planning", body="Voilà.")
        change(space, update(Post).where(Post.id == id_of(solved)).values(solved_at=clock.now()))
        page = asks("planning")
        assert titles(page) == ["Le planning", "Autre part", "Ailleurs"]
        assert [badge.text for badge in page.soup.select(".results .badge.ok")] == ["Résolue"]
        assert titles(asks("planning", order="newest"))[0] == "Le planning"

    def test_tags_files_and_linked_pages_by_their_names(self, space, asks):
        number = id_of(space.write("ines", title="Une trame", body="La voici."))
        shared = {"community_id": 1, "created_at": clock.now()}
        with space.world.app.app_context(), transaction():
            db.session.add(Tag(id=1, community_id=1, name="Télétravail", folded="teletravail", post_count=1))
            db.session.flush()
            db.session.add(PostTag(post_id=number, tag_id=1, created_at=clock.now()))
            file = {"name": "grille-embauche.pdf", "media_type": "application/pdf", "size": 1, "position": 0}
            db.session.add(Attachment(member_id=1, post_id=number, key="k", digest="d", **file, **shared))
            post = db.session.get(Post, number)
            post.link_preview = {"title": "Feuilleton radiophonique", "description": 7}
            db.session.flush()
            search_index.keep(post, None)
        for typed in ("teletravail", "embauche", "radiophoniques "):
            assert titles(asks(typed)) == ["Une trame"]
        assert "grille-embauche.pdf" in asks("embauche").text

    def test_people_by_name(self, space, asks):
        space.home("ines")
        found = asks("inès").soup.select_one("aside")
        assert "Inès Lefèvre" in found.text

    def test_only_what_filters_let_through(self, space, asks):
        old = space.write("ines", title="Vieux planning", body="Un mot.")
        thread = space.write("karim", kind="discussion", title="Planning neuf", body="Un autre.")
        space.reply("ines", thread, "Mon planning à moi.")
        change(
            space, update(Post).where(Post.id == id_of(old)).values(created_at=clock.now() - timedelta(40))
        )
        with space.world.app.app_context(), transaction():
            db.session.add(
                Topic(id=1, community_id=1, name="Temps", folded="temps", position=1, created_at=clock.now())
            )
            db.session.flush()
            db.session.execute(update(Post).where(Post.id == id_of(old)).values(topic_id=1))
        ines = space.number("ines")
        assert titles(asks("planning", kind="question")) == ["Vieux planning"]
        assert titles(asks("planning", kind="reply")) == ["Réponse à Planning neuf"]
        assert set(titles(asks("planning", author=str(ines)))) == {
            "Vieux planning",
            "Réponse à Planning neuf",
        }
        assert titles(asks("planning", period="week", kind="discussion")) == ["Planning neuf"]
        assert titles(asks("planning", topic="1")) == ["Vieux planning"]
        assert titles(asks("planning", solved="1")) == []
        kept = asks("planning", kind="question", period="year").soup
        assert kept.select_one("#search-kind option[selected]")["value"] == "question"
        assert (
            len(titles(asks("planning", kind="nonsense", period="x", author="x", topic="-1", page="x"))) == 3
        )

    def test_page_by_page(self, space, asks):
        space.home("ines")
        fill(space.world, members=2, posts=45, comments=1)
        fill_index(space)
        first = asks("body")
        assert len(titles(first)) == 20 and "45 contributions" in first.soup.select_one("#found").text
        last = asks("body", page="3")
        assert len(titles(last)) == 5 and not set(titles(first)) & set(titles(last))
        assert titles(asks("body", page="99")) == titles(last)
        forward = first.soup.select_one("a[rel=next]")["href"]
        assert "page=2" in forward and "q=body" in forward

    def test_the_newest_are_ranked_and_the_page_says_so(self, space, asks, monkeypatch):
        space.home("ines")
        fill(space.world, members=2, posts=30, comments=1)
        fill_index(space)
        monkeypatch.setattr(search, "RANKED", 10)
        page = asks("body")
        assert {title.split()[-1] for title in titles(page)} == {str(number) for number in range(20, 30)}
        assert "Plus de 10 contributions" in page.text and "voici les plus récentes" in page.text
        assert "les plus récentes ont été lues" in asks('"title body"').text


class TestWhoSeesWhat:
    def test_a_thread_of_a_sub_group_is_found_by_its_members(self, space, asks):
        number = id_of(space.write("ines", title="Entre nous", body="Un secret de groupe."))
        shared = {"community_id": 1, "created_at": clock.now()}
        ines = space.number("ines")
        with space.world.app.app_context(), transaction():
            db.session.add(Subgroup(id=1, name="A", folded="a", created_by_id=ines, **shared))
            db.session.flush()
            db.session.add(SubgroupMember(subgroup_id=1, member_id=ines, added_at=clock.now()))
            db.session.execute(update(Post).where(Post.id == number).values(subgroup_id=1))
        assert titles(asks("secret")) == []
        assert titles(asks("secret", "ines")) == ["Entre nous"]
        assert titles(asks("secret", "claire")) == ["Entre nous"]
        for person, count in (("karim", 0), ("ines", 1)):
            change(space, update(Post).values(answer_count=1))
            similar = space.home(person).get("questions/similar", title="Entre nous !")
            assert len(similar.soup.select("li")) == count

    def test_a_prompt_that_has_not_opened_is_found_by_staff_alone(self, space, asks):
        claire = space.home("claire")
        claire.post(
            "prompts",
            title="Une consigne",
            body="Racontez votre planning.",
            opens_at="2089-01-01T10:00",
            deadline="2090-01-01T10:00",
        )
        assert titles(asks("planning")) == []
        assert titles(asks("planning", "claire")) == ["Une consigne"]

    def test_nothing_of_another_community(self, space, asks):
        space.write("ines", title="Ici", body="Un mot rare.")
        other = space.world.enter("omar", "3")
        assert titles(other.get("search", q="rare")) == []
        assert titles(asks("rare")) == ["Ici"]

    def test_what_was_deleted_is_found_no_more_and_its_replies_are(self, space, asks):
        thread = space.write("ines", title="Parti", body="Un planning.")
        space.reply("karim", thread, "Le planning reste.")
        space.home("ines").post(f"posts/{id_of(thread)}/delete")
        assert len(titles(asks("planning"))) == 1
        space.home("karim").post(f"posts/{id_of(thread)}/comments/1/delete")
        assert titles(asks("planning")) == []

    def test_what_was_reworded_is_found_by_its_new_words(self, space, asks):
        thread = space.write("ines", title="Avant", body="Un planning.")
        space.home("ines").post(f"posts/{id_of(thread)}/edit", title="Après", body="Une grille.", version="0")
        assert titles(asks("planning")) == [] and titles(asks("grille")) == ["Après"]


class TestHostileInput:
    @pytest.mark.parametrize(
        "typed",
        samples(
            '"',
            "'; DROP TABLE post; --",
            "terms:x OR NEAR(a b) * ^",
            "a AND NOT (b",
            "c1_mot* | !x & :*",
            "\0mot\x07",
            "\\",
            "%_%",
            "🙂 ‮abc",
            "mot " * 2_500,
            "<script>alert(1)</script>",
            "le la les",
        ),
    )
    def test_is_looked_for_or_harmless(self, space, asks, typed):
        space.write("ines", title="Un titre", body="Un mot.")
        assert "<script>alert" not in asks(typed).response.get_data(as_text=True)

    def test_what_a_contribution_says_is_shown_as_text(self, space, asks):
        space.write("ines", title="<b>Gras</b> planning", body="`<img src=x onerror=alert(1)>` planning")
        page = asks("planning")
        assert not page.soup.select(".results img, .results b")
        assert "<b>Gras</b> planning" in titles(page)

    @pytest.mark.long
    def test_nothing_found_helps_on(self, space, asks):
        page = asks("introuvable", kind="question")
        links = [link["href"] for link in page.soup.select(".empty a")]
        assert any("kind" not in link and "q=introuvable" in link for link in links)
        compose = next(link for link in links if "posts/new" in link)
        assert page.browser.get(compose).soup.select_one("#title")["value"] == "introuvable"


class TestTheIndex:
    def numbers(self, space) -> list[int]:
        with space.world.database() as session:
            return list(session.scalars(text("SELECT rowid FROM search_index ORDER BY rowid")))

    def test_has_one_document_for_each_contribution_however_often_it_changes(self, space, asks):
        thread = space.write("ines")
        space.reply("karim", thread)
        for version in range(3):
            space.home("ines").post(
                f"posts/{id_of(thread)}/edit", title="T", body=f"B{version}", version=version
            )
        assert self.numbers(space) == [1, 2] and space.count(SearchDocument) == 2

    def test_takes_in_what_was_there_before_it_the_oldest_with_the_lowest_number(self, space, asks):
        space.write("ines", title="Vieux", body="Un planning.")
        space.reply("karim", space.write("ines", title="Récent", body="Rien."), "Le planning.")
        change(space, text("DELETE FROM search_index"))
        change(space, delete(SearchDocument))
        assert titles(asks("planning")) == []
        assert fill_index(space) == 3
        assert titles(asks("planning", order="newest")) == ["Réponse à Récent", "Vieux"]
        with space.world.database() as session:
            kept = session.execute(text("SELECT post_id, comment_id FROM search_document ORDER BY id")).all()
        assert [tuple(row) for row in kept] == [(1, None), (2, None), (2, 1)]
        assert fill_index(space) == 0

    def test_is_made_anew_with_nothing_that_is_no_longer_there(self, space, asks):
        space.write("ines", title="Là", body="Un planning.")
        with space.world.app.app_context(), transaction():
            if db.engine.dialect.name == "sqlite":
                search_index.insert_terms([(77, ["c1_planning"])])
        with space.world.app.app_context():
            assert list(search_filling.rebuild(clock.now, transaction))[-1] == (1, 1)
        assert self.numbers(space) == [1] and titles(asks("planning")) == ["Là"]

    def test_costs_as_many_statements_for_many_as_for_few(self, space, asks):
        space.home("ines")

        def cost() -> int:
            with space.world.app.app_context(), counted() as sent:
                asks("body reply")
                asks("body", solved="1")
                asks('"body 1"')
                space.home("karim").get("questions/similar", title="Title 3")
            return len(sent)

        fill(space.world, members=2, posts=3, comments=3)
        fill_index(space)
        few = cost()
        fill(space.world, members=30, posts=60, comments=90, label="more")
        fill_index(space)
        assert cost() <= few + 3  # pages that show something read who wrote it


class TestTheFilters:
    def test_are_folded_with_the_number_of_those_that_are_set(self, space):
        page = space.home("karim").get("search", q="planning")
        assert page.soup.select_one("details.fold .filters") and not page.soup.select(".fold .count")
        page = space.home("karim").get("search", q="planning", kind="idea", solved="1", period="nonsense")
        assert page.soup.select_one(".fold .count").text.split()[0] == "2"


class TestWhatIsAlike:
    def test_is_offered_while_one_asks_once_it_has_an_answer_what_is_solved_first(self, space):
        solved = space.write("ines", title="Comment préparer un entretien annuel ?")
        space.reply("karim", space.write("ines", title="Préparer ses entretiens de vente"))
        space.write("ines", title="Préparer un entretien : sans réponse")
        change(space, update(Post).where(Post.id == id_of(solved)).values(solved_at=clock.now()))
        page = space.home("karim").get("questions/similar", title="Je prépare des entretiens")
        assert [link.text for link in page.soup.select("a")] == [
            "Comment préparer un entretien annuel ?",
            "Préparer ses entretiens de vente",
        ]
        assert "Résolue" in page.soup.select_one("li").text
        for title in ("", "le la", "x" * 5_000, "Tout autre chose"):
            assert not space.home("karim").get("questions/similar", title=title).text.strip()

    def test_stands_beside_a_thread_at_most_five_never_itself(self, space):
        for number in range(7):
            space.write("ines", title=f"Planning de la semaine {number}", body=f"{number}")
        page = space.write("ines", title="Planning de ma semaine")
        beside = page.soup.select("aside section[aria-labelledby=similar] a")
        assert len(beside) == 5 and "Planning de ma semaine" not in {link.text for link in beside}
        assert not space.write("ines", title="Tout autre").soup.select("[aria-labelledby=similar]")
