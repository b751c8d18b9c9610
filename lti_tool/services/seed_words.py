"""What seeded communities talk about: sentences put together from parts, in French and in English.

The terms of each part are worked out once: those of a text are then put together like the text itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from lti_tool.knowledge import searching

Terms = frozenset[str]


@dataclass(frozen=True)
class Said:
    """A text with the terms by which it is found."""

    text: str
    terms: Terms


class Phrasebook:
    """Says things in one language; the same `random` says the same things."""

    def __init__(self, language: str, random: Random) -> None:
        self._random = random
        parts = _PARTS[language]
        self.topics: Sequence[str] = parts["topics"]
        self.tags: Sequence[str] = parts["tags"]
        self._slots = {name: [_said(text) for text in parts[name]] for name in ("thing", "who", "when")}
        self._patterns = {name: [_pattern(text) for text in parts[name]] for name in _KINDS_OF_PATTERN}
        self._case = parts["case"]

    def question(self) -> Said:
        """Return the title of a question."""
        return self._filled("question")

    def title(self) -> Said:
        """Return the title of anything else."""
        return self._filled("title")

    def body(self, sentences: int) -> Said:
        """Return some sentences; one text in five names a case by a number that is nearly its own."""
        said = [self._filled("sentence") for _ in range(sentences)]
        if self._random.random() < 0.2:
            said.append(_said(self._case.format(self._random.randrange(10_000, 1_000_000))))
        return Said(" ".join(one.text for one in said), frozenset().union(*(one.terms for one in said)))

    def _filled(self, kind: str) -> Said:
        pattern, terms = self._random.choice(self._patterns[kind])
        slots = {name: self._random.choice(choices) for name, choices in self._slots.items()}
        used = (one.terms for name, one in slots.items() if f"{{{name}}}" in pattern)
        return Said(pattern.format(**{name: one.text for name, one in slots.items()}), terms.union(*used))


_KINDS_OF_PATTERN = ("question", "title", "sentence")


def _said(text: str) -> Said:
    return Said(text, searching.terms_of([text]))


def _pattern(text: str) -> tuple[str, Terms]:
    return text, searching.terms_of([text.format(thing=" ", who=" ", when=" ")])


_PARTS = {
    "fr": {
        "topics": (
            "Entretiens",
            "Réunions",
            "Délégation",
            "Feedback",
            "Planning",
            "Sécurité",
            "Accueil des nouveaux",
            "Télétravail",
        ),
        "tags": (
            "recadrage",
            "bienveillance",
            "rituel",
            "trame",
            "objectifs",
            "conflit",
            "motivation",
            "priorités",
            "charge",
            "outil",
            "astuce",
            "atelier",
        ),
        "thing": (
            "l’entretien annuel",
            "la réunion du lundi",
            "un recadrage difficile",
            "le planning des congés",
            "la délégation d’un dossier",
            "un feedback négatif",
            "l’accueil d’un nouveau collègue",
            "le passage de consignes",
            "la charge de travail",
            "un conflit entre deux collègues",
            "le tableau de bord",
            "la visite d’un client",
            "le télétravail partiel",
            "une procédure qualité",
            "les objectifs du trimestre",
            "la reconnaissance au quotidien",
            "la formation des intérimaires",
            "un projet en retard",
            "la sécurité sur le quai",
            "le budget de fonctionnement",
            "un changement d’horaires",
            "la préparation d’un atelier",
            "l’animation d’un groupe",
            "une décision impopulaire",
        ),
        "who": (
            "mon équipe",
            "une collègue expérimentée",
            "mon responsable",
            "deux techniciens",
            "le service commercial",
            "un jeune embauché",
            "toute l’unité",
            "les chefs d’équipe",
            "une cliente exigeante",
            "le comité de direction",
            "l’équipe de nuit",
            "un prestataire",
        ),
        "when": (
            "la semaine dernière",
            "depuis la rentrée",
            "avant l’été",
            "au dernier trimestre",
            "hier matin",
            "pendant l’inventaire",
            "le mois passé",
            "à la fin du projet",
        ),
        "question": (
            "Comment préparer {thing} avec {who} ?",
            "Que faire quand {who} refuse {thing} ?",
            "Quelqu’un a-t-il déjà vécu {thing} avec {who} ?",
            "Par où commencer pour {thing} ?",
            "Faut-il parler de {thing} devant {who} ?",
            "Quel outil utilisez-vous pour {thing} ?",
        ),
        "title": (
            "Ce que {thing} m’a appris",
            "{thing} : ce qui a marché avec {who}",
            "Une autre façon d’aborder {thing}",
            "Retour sur {thing}",
            "{who} et {thing}",
            "Trois idées pour {thing}",
        ),
        "sentence": (
            "J’ai essayé {thing} avec {who} {when}.",
            "Chez nous, {thing} prend trop de temps et {who} le fait remarquer.",
            "Je commence toujours par écouter {who} avant d’aborder {thing}.",
            "Le résultat a été meilleur que prévu, surtout pour {who}.",
            "J’aurais dû prévenir {who} plus tôt.",
            "Je me demande si {thing} est la bonne réponse.",
            "Nous avons écrit une règle simple, puis nous l’avons affichée.",
            "Je conseille de noter les faits, pas les impressions.",
            "{who} a proposé une solution que personne n’attendait.",
            "Depuis, on en reparle dix minutes chaque vendredi.",
            "Le plus difficile reste de dire non sans blesser.",
            "Personne n’avait mesuré l’effet sur {who}.",
            "Je garde cette trame pour {thing}, elle m’aide à ne rien oublier.",
            "Un collègue m’a montré comment il fait, et cela change tout.",
            "Il faut du calme, du temps et une question à la fois.",
            "Qu’est-ce que vous auriez fait à ma place {when} ?",
        ),
        "case": "Je pense au dossier {}.",
    },
    "en": {
        "topics": (
            "Interviews",
            "Meetings",
            "Delegating",
            "Feedback",
            "Scheduling",
            "Safety",
            "Welcoming newcomers",
            "Remote work",
        ),
        "tags": (
            "coaching",
            "kindness",
            "routine",
            "template",
            "goals",
            "conflict",
            "motivation",
            "priorities",
            "workload",
            "tool",
            "trick",
            "workshop",
        ),
        "thing": (
            "the yearly interview",
            "the Monday meeting",
            "a difficult conversation",
            "the holiday schedule",
            "handing over a project",
            "negative feedback",
            "a new colleague’s first day",
            "the shift handover",
            "an uneven workload",
            "a conflict between two colleagues",
            "the dashboard",
            "a customer visit",
            "partly remote work",
            "a quality procedure",
            "the goals of the quarter",
            "everyday recognition",
            "training temporary staff",
            "a late project",
            "safety on the dock",
            "the running budget",
            "a change of hours",
            "preparing a workshop",
            "leading a group",
            "an unpopular decision",
        ),
        "who": (
            "my team",
            "an experienced colleague",
            "my manager",
            "two technicians",
            "the sales department",
            "a young recruit",
            "the whole unit",
            "the team leaders",
            "a demanding customer",
            "the board",
            "the night shift",
            "a supplier",
        ),
        "when": (
            "last week",
            "since September",
            "before the summer",
            "in the last quarter",
            "yesterday morning",
            "during the stocktaking",
            "last month",
            "at the end of the project",
        ),
        "question": (
            "How do you prepare {thing} with {who}?",
            "What do you do when {who} refuses {thing}?",
            "Has anybody been through {thing} with {who}?",
            "Where should I begin with {thing}?",
            "Should one talk about {thing} in front of {who}?",
            "Which tool do you use for {thing}?",
        ),
        "title": (
            "What {thing} taught me",
            "What worked with {who}: {thing}",
            "Another way to look at {thing}",
            "Looking back at {thing}",
            "{who} and {thing}",
            "Three ideas for {thing}",
        ),
        "sentence": (
            "I tried {thing} with {who} {when}.",
            "Here, {thing} takes too long and {who} noticed.",
            "I always begin by listening to {who} before {thing}.",
            "The result was better than expected, above all for {who}.",
            "I should have told {who} earlier.",
            "I wonder whether {thing} is the right answer.",
            "We wrote a simple rule and put it on the wall.",
            "My advice is to write down facts, not impressions.",
            "{who} suggested a solution that nobody expected.",
            "Since then we talk about it for ten minutes every Friday.",
            "The hardest part is saying no without hurting anybody.",
            "Nobody had measured the effect on {who}.",
            "I keep this template for {thing}: it helps me to forget nothing.",
            "A colleague showed me how she does it, and that changes everything.",
            "It takes calm, time and one question at a time.",
            "What would you have done in my place {when}?",
        ),
        "case": "I am thinking of case {}.",
    },
}
_GIVEN = (
    "Inès Karim Awa Thomas Léa Hugo Nadia Sophie Mathilde Paul Emma Lucas Chloé Omar Julie Marc "
    "Fatou Pierre Anna James Olivia Noah Grace Henry Ruby Samir Yasmine Louis Alice Jules"
)
_FAMILY = (
    "Martin Bernard Dubois Thomas Robert Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia "
    "David Bertrand Roux Vincent Fournier Morel Smith Jones Taylor Brown Wilson Davies Evans Walker Wright"
)
GIVEN, FAMILY = tuple(_GIVEN.split()), tuple(_FAMILY.split())
