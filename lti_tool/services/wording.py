"""The few sentences that go into the LMS with a score, in the learner's language.

Translated here and not by gettext: a worker has no page, and so no language of a page.
"""

LANGUAGES = ("fr", "en")
FALLBACK = "en"


def language_of(*locales: str | None) -> str:
    """Return the first of these locales' languages that we speak, else English."""
    for locale in locales:
        language = (locale or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return FALLBACK


def score_comment(language: str, closed: int, total: int, final: bool) -> str:
    """Say beside a score how far the training is: "Provisional, 3 of 8 weeks"."""
    if final:
        return _FINAL[language]
    # French counts 0 and 1 as one thing; English names the total.
    is_one = closed < 2 if language == "fr" else total == 1
    one, several = _PROVISIONAL[language]
    return (one if is_one else several).format(closed=closed, total=total)


_FINAL = {"fr": "Note définitive", "en": "Final grade"}
_PROVISIONAL = {
    "fr": ("Provisoire, {closed} semaine sur {total}", "Provisoire, {closed} semaines sur {total}"),
    "en": ("Provisional, {closed} of {total} week", "Provisional, {closed} of {total} weeks"),
}
