"""The audit log in words: a sentence for each act, the same on pages and in exports."""

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext

from lti_tool.audit_words import console, courses, grading, moderation, space
from lti_tool.audit_words.sentences import Sentence, Teller, Telling
from lti_tool.services import audit
from lti_tool.services.audit import Area
from lti_tool.services.audit_reading import Page

SENTENCES: dict[str, Teller] = {
    **space.SENTENCES,
    **courses.SENTENCES,
    **moderation.SENTENCES,
    **grading.SENTENCES,
    **console.SENTENCES,
}


@dataclass(frozen=True)
class Told:
    """An entry in words: what happened, more about it, and the reason as it was given."""

    sentence: Sentence
    notes: tuple[Sentence, ...]
    reason: str | None


def tell(page: Page, *, in_console: bool = False) -> Callable[[object], Told]:
    """Return what puts an entry of this page into words."""

    def told(entry) -> Told:
        telling = Telling(entry, page.names, in_console=in_console)
        reason = telling.detail.get("reason")
        return Told(
            sentence=SENTENCES.get(entry.act, unknown)(telling),
            notes=tuple(note for teller in NOTES for note in teller(telling)),
            reason=reason if isinstance(reason, str) and reason else None,
        )

    return told


def unknown(told: Telling) -> Sentence:
    """Tell of an act that this release has no words for, as a later one has noted it."""
    return told.say(gettext("%(who)s: %(act)s. This release has no words for it."), act=told.entry.act)


NOTES = (*space.NOTES, *moderation.NOTES, *grading.NOTES, *console.NOTES)


def area_of(entry) -> str:
    """Return what an entry belongs to: by its act, where the release before has noted it without."""
    if entry.area != audit.UNTOLD:
        return entry.area
    return audit.AREA_OF.get(entry.act.partition(".")[0], audit.UNTOLD)


def area_name(area: str) -> str:
    """Return what pages call an area."""
    names = {
        Area.PEOPLE: gettext("Members and roles"),
        Area.SPACE: gettext("The space"),
        Area.CONTRIBUTIONS: gettext("Contributions and prompts"),
        Area.MODERATION: gettext("Reports and moderation"),
        Area.GRADING: gettext("Grading"),
        Area.CONNECTION: gettext("Connection to the LMS"),
        Area.INSTALLATION: gettext("Installation"),
    }
    return names.get(area, area or "–")
