"""The few sentences that go into the LMS with a score, in the learner's language.

Translated here and not by gettext: a worker has no page, and so no language of a page.
"""

from lti_tool.models import ColumnKind

LANGUAGES = ("fr", "en")
FALLBACK = "en"


def language_of(*locales: str | None) -> str:
    """Return the first of these locales' languages that we speak, else English."""
    for locale in locales:
        language = (locale or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return FALLBACK


def score_comment(
    language: str,
    closed: int,
    total: int,
    final: bool,
    *,
    kind: ColumnKind = ColumnKind.PARTICIPATION,
    without_assessment: bool = False,
    set_by_hand: bool = False,
    feedback: str = "",
) -> str:
    """Say beside a score how far the training is: "Provisional, 3 of 8 weeks", and what it does not hold.

    :param kind: of the column; only the whole score goes by weeks.
    :param feedback: what the trainer wrote to the learner, to go along; empty when nothing is.
    """
    told = [_FINAL[language] if final else _how_far(language, kind, closed, total)]
    if set_by_hand:
        told.append(_SET_BY_HAND[language])
    elif without_assessment:
        told.append(_WITHOUT_ASSESSMENT[language])
    return "\n".join([". ".join(told), feedback]) if feedback else ". ".join(told)


def _how_far(language: str, kind: ColumnKind, closed: int, total: int) -> str:
    if kind is not ColumnKind.PARTICIPATION:
        return _WITHOUT_WEEKS[kind][language]
    # French counts 0 and 1 as one thing; English names the total.
    is_one = closed < 2 if language == "fr" else total == 1
    one, several = _PROVISIONAL[language]
    return (one if is_one else several).format(closed=closed, total=total)


_WITHOUT_ASSESSMENT = {
    "fr": "Sans l’évaluation du formateur, qui n’est pas encore faite",
    "en": "Without the trainer’s assessment, which is not there yet",
}
_WITHOUT_WEEKS = {
    ColumnKind.PROMPT: {"fr": "Provisoire, compté jusqu’ici", "en": "Provisional, counted so far"},
    ColumnKind.ASSESSMENT: {"fr": "Provisoire", "en": "Provisional"},
}
_SET_BY_HAND = {"fr": "Note fixée par le formateur", "en": "Grade set by the trainer"}
_FINAL = {"fr": "Note définitive", "en": "Final grade"}
_PROVISIONAL = {
    "fr": ("Provisoire, {closed} semaine sur {total}", "Provisoire, {closed} semaines sur {total}"),
    "en": ("Provisional, {closed} of {total} week", "Provisional, {closed} of {total} weeks"),
}
