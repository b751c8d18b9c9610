"""What was typed is told from what mail programs add, in the shapes in which they add it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lti_tool.knowledge.answering import typed_in

NAME = "Club"
ADDRESS = "Club de français <reply+1-2-3-1z7-abcdefghijklmnopqrst@school.test>"
QUOTED = (
    "> Bonjour Inès,\n>\n> Karim a répondu.\n> -- \n> Plus de ces courriels : https://school.test/o/mails/1-a"
)
BARE = "Bonjour Inès,\n\nKarim a répondu.\nhttps://school.test/o/mails/1-a"
# How programs put what is answered below what was typed.
BELOW = {
    "Gmail": f"\n\nLe mar. 3 mars 2026 à 10:12, {ADDRESS} a écrit :\n\n{QUOTED}\n",
    "Gmail, broken": f"\n\nLe 3 mars 2026 à 10:12, Club\n<reply@school.test> a\nécrit :\n\n{QUOTED}",
    "Gmail, English": f"\n\nOn Tue, Mar 3, 2026 at 10:12 AM {ADDRESS}\nwrote:\n\n{QUOTED}\n",
    "Gmail, no-break space": f"\n\nLe mar. 3 mars 2026 à 10:12, {ADDRESS} a écrit\xa0:\n\n{QUOTED}\n",
    "Thunderbird": f"\n\nLe 03/03/2026 à 10:12, Club de français a écrit :\n{QUOTED}\n",
    "Thunderbird, English": f"\n\nOn 3/3/26 10:12, Club wrote:\n{QUOTED}\n",
    "Apple": f"\n\n> Le 3 mars 2026 à 10:12, {ADDRESS} a écrit :\n> \n{QUOTED}\n",
    "iPhone": f"\n\nEnvoyé de mon iPhone\n\n> Le 3 mars 2026 à 10:12, {ADDRESS} a écrit :\n> \n{QUOTED}\n",
    "Android": f"\n\nEnvoyé depuis mon appareil Android\n\nLe 3 mars 2026 à 10:12, Club a écrit :\n{QUOTED}",
    "Outlook": f"\n\n-----Message d'origine-----\nDe : {ADDRESS}\nEnvoyé : mardi 3 mars\nÀ : I\n"
    f"Objet : Nouveau\n\n{BARE}",
    "Outlook, English": f"\n\n--- Original Message ---\nFrom: {NAME}\nSent: Tue\nTo: I\nSubject: x\n\n{BARE}",
    "Outlook, no separator": f"\n\nDe : {ADDRESS}\nEnvoyé : mardi\nÀ : Inès\nObjet : x\n\n{BARE}",
    "Outlook, bold": f"\n\n*De :* {ADDRESS}\n*Envoyé :* mardi\n*À :* Inès\n*Objet :* x\n\n{BARE}",
    "Outlook on the web": f"\n\n{'_' * 32}\nDe : {NAME}\nEnvoyé : mardi\nÀ : Inès\nObjet : x\n\n{BARE}",
    "Outlook, telephone": f"\n\nObtenir Outlook pour iOS<https://aka.ms/o>\n{'_' * 32}\nFrom: {NAME}\n"
    f"Sent: Tuesday\nTo: Ines\nSubject: x\n\n{BARE}",
    "Yahoo": f"\n\n    Le mardi 3 mars 2026 à 10:12:33 UTC+1, {ADDRESS} a écrit :  \n \n {BARE}",
    "German": f"\n\nAm Di., 3. März 2026 um 10:12 Uhr schrieb {ADDRESS}:\n\n{QUOTED}",
    "no name": f"\n\n{QUOTED}\n",
    "nothing": "",
    "signature": f"\n\n-- \nInès Moreau\n06 00 00 00 00\n\nLe 3 mars 2026 à 10:12, Club a écrit :\n{QUOTED}",
}
TYPED = (
    "Merci !",
    "Bonjour,\n\nje crois que c’est le **point 3** :\n\n- un\n- deux\n\nCordialement,\nInès",
    "De : quoi parle-t-on ?\nLe prof a écrit : lisez la page 3.",
    "> tu disais cela\n\nEt je réponds ceci.",
    "On it!\n\n```\nx > y\n```\nDate: lundi",
)


class TestWhatWasTyped:
    @pytest.mark.parametrize("typed", TYPED)
    @pytest.mark.parametrize("program", BELOW)
    def test_stays_and_all_else_goes(self, program, typed):
        assert typed_in(typed + BELOW[program]) == typed

    @pytest.mark.parametrize("program", ["Gmail", "Thunderbird", "Thunderbird, English", "German"])
    def test_below_what_is_answered(self, program):
        assert (
            typed_in(BELOW[program].lstrip() + "\n\nJe réponds ici.\n\nEt là.").strip()
            == "Je réponds ici.\n\nEt là."
        )

    def test_between_what_is_answered(self):
        text = "Bonjour,\n\nLe 3 mars 2026 à 10:12, Club a écrit :\n> Un ?\nOui.\n> Deux ?\nNon.\n"
        assert [line for line in typed_in(text).split("\n") if line] == ["Bonjour,", "Oui.", "Non."]

    def test_is_nothing_where_nothing_was(self):
        assert typed_in(BELOW["Gmail"]) == ""
        assert typed_in(BELOW["Outlook"]) == ""


WORDS = st.text(alphabet="abcé ,.\n", max_size=200)


class TestForEveryText:
    @given(st.text(max_size=600))
    def test_lines_are_kept_whole_or_not_at_all(self, text):
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        left = typed_in(text)
        assert left == "" or set(left.split("\n")) <= set(lines)

    @given(WORDS)
    def test_plain_words_stay(self, words):
        assert typed_in(words).split() == words.split()

    @given(WORDS, st.sampled_from(sorted(BELOW)))
    def test_below_plain_words_everything_goes(self, words, program):
        if words.strip():
            assert typed_in(words + BELOW[program]).split() == words.split()

    @given(
        st.lists(st.sampled_from(["On", "Le ", ">", "De :", "wrote:", "a écrit :", "--", "_" * 40, "x@y"]))
    )
    def test_what_looks_like_marks_never_fails(self, pieces):
        typed_in("\n".join(pieces))
        typed_in(" ".join(pieces) * 50)
