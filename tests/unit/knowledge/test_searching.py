"""Words, stems, queries and extracts: what is found by what somebody types."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.knowledge import ranking, searching
from lti_tool.knowledge.ranking import Match
from lti_tool.knowledge.searching import (
    MOST_WANTED,
    extract,
    forms,
    likeness_query,
    marked,
    query_of,
    terms_of,
)

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def finds(typed: str, text: str) -> bool:
    """Tell whether a text has all words of a query, as an index would say it."""
    query, terms = query_of(typed), terms_of([text])
    return bool(query) and all(
        not one.forms.isdisjoint(terms)
        or (one.beginning and any(term.startswith(searching.plain(one.word)) for term in terms))
        for one in query.wanted
    )


def said(pieces) -> str:
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces)


class TestWords:
    @pytest.mark.parametrize(
        ("typed", "text"),
        [
            ("reunion ", "Nos réunions du lundi"),
            ("réunions ", "La reunion de lundi"),
            ("préparer ", "Je l’ai préparée hier"),
            ("preparee ", "Ils ont préparé la salle"),
            ("coeur ", "Le cœur du sujet"),
            ("œuvre ", "mettre en oeuvre"),
            ("meeting ", "Our meetings were short"),
            ("helped ", "She helps the others"),
            ("entretien ", "L’entretien d’embauche"),
            ("hui ", "aujourd'hui"),
            ("ÉTÉ ", "l'été dernier"),
            ("2026 ", "La rentrée 2026"),
            ("strasse ", "Die Straße"),
            ("встреч", "Наши встречи"),
        ],
    )
    def test_are_found_in_any_form(self, typed, text):
        assert finds(typed, text)

    def test_are_not_found_in_others(self):
        assert not finds("entretien ", "Un entrepreneur")

    @given(st.text(max_size=200))
    def test_any_text_is_found_by_each_of_its_words(self, text):
        terms = terms_of([text])
        for word in searching.words_of(text):
            assert searching.is_common(word.text) or forms(word.text) <= terms

    @given(st.text(max_size=200))
    def test_terms_are_letters_and_digits_alone(self, text):
        assert all(term.isalnum() and len(term) <= 2 * searching.LONGEST_WORD for term in terms_of([text]))

    def test_of_a_text_without_end_the_first_count(self):
        text = " ".join(f"w{number}" for number in range(searching.MOST_WORDS + 50))
        assert len({term for term in terms_of([text]) if term.startswith("w")}) == searching.MOST_WORDS

    def test_numbers_of_people_and_files_are_no_words(self):
        source = searching.without_tokens("Thanks @[12], see ![plan](file:77) and [this](file:8)")
        assert terms_of([source]).isdisjoint({"12", "77", "8", "file"})


class TestAQuery:
    def test_wants_all_words_the_last_as_a_beginning(self):
        first, last = query_of("préparer entret").wanted
        assert (first.word, first.beginning, last.word, last.beginning) == ("préparer", False, "entret", True)
        assert finds("entret", "les entretiens") and not finds("entret ", "les entretiens")

    def test_leaves_out_what_has_a_minus(self):
        query = query_of("entretien -annuel peut-être")
        assert [one.word for one in query.excluded] == ["annuel"]
        assert [one.word for one in query.wanted] == ["entretien", "peut", "être"][: len(query.wanted)]

    @pytest.mark.parametrize("typed", ['"entretien annuel"', "« entretien annuel »", "“Entretien  annuel”"])
    def test_knows_quotation_marks_of_both_languages(self, typed):
        query = query_of(typed)
        assert query.phrases == (("entretien", "annuel"),)
        assert query.has_phrases("Un **Entretien** annuel, déjà") and not query.has_phrases(
            "annuel, l’entretien", "entretien"
        )

    def test_a_phrase_goes_over_what_french_shortens(self):
        assert query_of('"prise d’initiative"').has_phrases("La prise d'initiative")

    def test_common_words_are_not_wanted_beside_others(self):
        assert [one.word for one in query_of("comment préparer un entretien ").wanted] == [
            "comment",
            "préparer",
            "entretien",
        ]

    @pytest.mark.parametrize(
        "typed", ["", " ", "le la", "!?…", '"', "-", "--", "* OR", "()", "\0", "’", '""""', "the of "]
    )
    def test_of_nothing_wants_next_to_nothing(self, typed):
        assert len(query_of(typed).wanted) <= 1

    @given(st.text(max_size=400))
    def test_any_text_is_one(self, typed):
        query = query_of(typed)
        assert len(query.wanted) <= MOST_WANTED
        query.has_phrases(typed)
        assert all(word.isalnum() for one in (*query.wanted, *query.excluded) for word in one.forms)

    def test_is_cut_and_says_so(self):
        assert query_of(" ".join(f"mot{number}" for number in range(40))).cut
        assert query_of("x" * 10_000).cut
        assert not query_of("un entretien").cut


class TestAnExtract:
    LONG = "Rien ici. " * 60 + "Nous avons préparé les entretiens <b>annuels</b> ensemble. " + "Après. " * 60

    def test_shows_where_the_words_stand(self):
        shown = said(extract(self.LONG, query_of("préparer entretien annuel")))
        assert "[préparé] les [entretiens] <b>[annuels]</b>" in shown
        assert shown.startswith("… ") and shown.endswith(" …") and len(shown) < 280

    def test_of_a_text_without_them_is_its_beginning(self):
        assert said(extract("Début. " * 100, query_of("absent"))).startswith("Début. Début.")

    def test_of_a_short_text_is_all_of_it(self):
        assert said(marked("L’entretien, vite", query_of("entretien "))) == "L’[entretien], vite"

    @given(st.text(max_size=900), st.text(max_size=30))
    def test_says_only_what_the_text_says(self, text, typed):
        pieces = extract(text, query_of(typed))
        whole = "".join(piece.text for piece in pieces if piece.text not in ("… ", " …"))
        assert whole in text


class TestTheOrder:
    def match(self, title="", days=0, *, solved=False, helped=0, number=1):
        return Match(number, None if title else 1, title, NOW - timedelta(days=days), solved, helped)

    def test_is_title_then_use_then_time(self):
        query = query_of("entretien annuel ")
        in_title = self.match("Un entretien annuel", days=700)
        half = self.match("Un entretien", days=1)
        solved = self.match("Autre chose", days=30, solved=True, helped=3)
        recent, old = self.match(days=1), self.match(days=300)
        found = ranking.best_first([old, recent, solved, half, in_title], query, NOW)
        assert found == [in_title, half, solved, recent, old]

    def test_a_coming_moment_is_not_worth_more_than_now(self):
        query = query_of("entretien ")
        assert ranking.worth(self.match(days=-9), query, NOW) == ranking.worth(self.match(), query, NOW)


class TestLikeness:
    def test_is_told_by_words_that_say_something(self):
        query = likeness_query("Comment préparer un entretien annuel avec un collaborateur ?")
        words = {one.word for one in query.wanted}
        assert {"préparer", "entretien", "annuel", "collaborateur"} <= words
        assert not words & {"un", "avec"}

    def test_rare_words_say_more(self):
        titles = ["entretien de vente", "entretien et planning", "entretien annuel", "entretien", "entretien"]
        query = likeness_query("entretien annuel")
        alike = ranking.likeness(titles, query)
        assert alike[2] == max(alike) == pytest.approx(1.0) and alike[0] < 0.5

    def test_of_nothing_is_nothing(self):
        assert not likeness_query("??? le la") and ranking.likeness([], likeness_query("x")) == []
