"""What concerns marks, scores and the gradebook, in words: trainers alone read it."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from babel.numbers import format_decimal
from flask_babel import get_locale, gettext

from lti_tool.audit_words.sentences import Sentence, Teller, Telling, plain, ungettext

_FIGURES = {"1/4": "¼", "1/2": "½", "3/4": "¾", "5/4": "1¼", "3/2": "1½", "7/4": "1¾"}
MOST_MARKS = 10


def _figure(mark: object) -> str:
    return "–" if mark is None else _FIGURES.get(str(mark), str(mark))


def _points(value: object) -> str:
    """Write a number that stands as text in a detail, as people of this language do."""
    try:
        return format_decimal(Decimal(str(value)), format="#,##0.##", locale=get_locale())
    except InvalidOperation:
        return str(value)


def _marked(told: Telling) -> Sentence:
    whose = told.member(told.number("of"))
    if told.detail.get("mark") is None:
        words = gettext("%(who)s took back the mark of %(what)s, by %(whose)s.")
        return told.say(words, whose=whose)
    words = gettext("%(who)s gave %(what)s, by %(whose)s, the mark %(mark)s.")
    return told.say(words, whose=whose, mark=_figure(told.detail["mark"]))


def _marked_several(told: Telling) -> Sentence:
    number = told.number("marks")
    words = ungettext(
        "%(who)s marked %(number)s contribution at once.",
        "%(who)s marked %(number)s contributions at once.",
        number,
    )
    return told.say(words, number=number)


def _marking_undone(told: Telling) -> Sentence:
    number = told.number("marks")
    words = ungettext(
        "%(who)s undid the marking of %(number)s contribution.",
        "%(who)s undid the marking of %(number)s contributions.",
        number,
    )
    return told.say(words, number=number)


def _assessed(told: Telling) -> Sentence:
    if told.detail.get("levels") is None:
        return told.say(gettext("%(who)s took back the assessment of %(what)s."))
    return told.say(gettext("%(who)s assessed %(what)s."))


def _excused(told: Telling) -> Sentence:
    words = ungettext(
        "%(who)s excused %(what)s from week %(periods)s.",
        "%(who)s excused %(what)s from the weeks %(periods)s.",
        told.number("periods"),
    )
    return told.say(words, periods=_listed(told, "periods"))


def _expected(told: Telling) -> Sentence:
    words = ungettext(
        "%(who)s took back that %(what)s was excused from week %(periods)s.",
        "%(who)s took back that %(what)s was excused from the weeks %(periods)s.",
        told.number("periods"),
    )
    return told.say(words, periods=_listed(told, "periods"))


def _listed(told: Telling, name: str) -> str:
    values = told.detail.get(name)
    return ", ".join(map(str, values)) if isinstance(values, list) else "–"


def _override(told: Telling) -> Sentence:
    words = gettext("%(who)s set the score of %(what)s by hand to %(value)s.")
    return told.say(words, value=_points(told.detail.get("value", "–")))


def _feedback(told: Telling) -> Sentence:
    if told.detail.get("lms"):
        return told.say(gettext("%(who)s wrote a feedback to %(what)s that goes to the LMS, too."))
    return told.say(gettext("%(who)s changed the feedback to %(what)s, which stays in this space."))


def _switched_on(told: Telling) -> Sentence:
    words = ungettext(
        "%(who)s switched grading on: %(name)s, out of %(maximum)s, for %(weeks)s week.",
        "%(who)s switched grading on: %(name)s, out of %(maximum)s, for %(weeks)s weeks.",
        told.number("weeks"),
    )
    maximum = _points(told.detail.get("maximum", "–"))
    return told.say(words, name=told.text("name"), maximum=maximum, weeks=told.text("weeks"))


def _column_added(told: Telling) -> Sentence:
    words = gettext("%(who)s added the column “%(name)s” to the gradebook, out of %(maximum)s.")
    return told.say(words, name=told.text("name"), maximum=_points(told.detail.get("maximum", "–")))


def _renamed(told: Telling) -> Sentence:
    words = gettext("%(who)s renamed the column “%(before)s” to “%(after)s”.")
    return told.say(words, before=told.text("before"), after=told.text("name"))


def _automatic(told: Telling) -> Sentence:
    if told.detail.get("on"):
        return told.say(
            gettext("%(who)s has the scores of the column %(what)s sent by themselves each week.")
        )
    return told.say(gettext("%(who)s no longer has the scores of the column %(what)s sent by themselves."))


def _sent(told: Telling) -> Sentence:
    number = told.number("count")
    if told.detail.get("everybody"):
        words = ungettext(
            "%(who)s sent the scores of everybody in the column %(what)s: %(number)s score.",
            "%(who)s sent the scores of everybody in the column %(what)s: %(number)s scores.",
            number,
        )
    else:
        words = ungettext(
            "%(who)s sent %(number)s chosen score of the column %(what)s.",
            "%(who)s sent %(number)s chosen scores of the column %(what)s.",
            number,
        )
    return told.say(words, number=number)


def _kept_theirs(told: Telling) -> Sentence:
    words = gettext("%(who)s kept the value that the LMS has for %(what)s: %(theirs)s.")
    return told.say(words, theirs=_theirs(told))


def _sent_ours(told: Telling) -> Sentence:
    words = gettext("%(who)s had our score of %(what)s sent over the value that the LMS had: %(theirs)s.")
    return told.say(words, theirs=_theirs(told))


def _theirs(told: Telling) -> str:
    value, maximum = told.detail.get("theirs"), told.detail.get("of")
    if value is None:
        return gettext("none")
    if maximum is None:
        return _points(value)
    return gettext("%(value)s out of %(maximum)s", value=_points(value), maximum=_points(maximum))


def _policy(told: Telling) -> Sentence:
    words = gettext("%(who)s put version %(version)s of the grading rules in force.")
    return told.say(words, version=told.text("version"))


def _imported(told: Telling) -> Sentence:
    number = told.number("members")
    words = ungettext(
        "%(who)s took the assessment of %(number)s learner over from a file.",
        "%(who)s took the assessments of %(number)s learners over from a file.",
        number,
    )
    return told.say(words, number=number)


def _line_item_removed(told: Telling) -> Sentence:
    words = gettext("%(who)s deleted the column “%(label)s” in the gradebook of the LMS.")
    return told.say(words, label=told.text("label"))


SENTENCES: dict[str, Teller] = {
    "grade.marked": _marked,
    "grade.marked-several": _marked_several,
    "grade.marking-undone": _marking_undone,
    "grade.assessed": _assessed,
    "grade.excused": _excused,
    "grade.expected": _expected,
    "grade.override": _override,
    "grade.reset": plain(
        lambda: gettext(
            "%(who)s took back the score that was set by hand for %(what)s: it is computed again."
        )
    ),
    "grade.zero": plain(lambda: gettext("%(who)s decided on a zero for %(what)s, who never came.")),
    "grade.no-zero": plain(lambda: gettext("%(who)s took the zero for %(what)s back.")),
    "grade.without-assessment": plain(
        lambda: gettext("%(who)s let the final score of %(what)s be sent without an assessment.")
    ),
    "grade.with-assessment": plain(
        lambda: gettext("%(who)s asked again for an assessment before the final score of %(what)s is sent.")
    ),
    "grade.feedback": _feedback,
    "grading.switched-on": _switched_on,
    "grading.column-added": _column_added,
    "grading.column-renamed": _renamed,
    "grading.automatic": _automatic,
    "grading.paused": plain(lambda: gettext("%(who)s stopped the sending of the column %(what)s.")),
    "grading.resumed": plain(lambda: gettext("%(who)s let the column %(what)s be sent again.")),
    "grading.line-item-removed": _line_item_removed,
    "grading.line-item-again": plain(
        lambda: gettext("%(who)s had the column %(what)s made again in the gradebook of the LMS.")
    ),
    "grading.unread-accepted": plain(
        lambda: gettext(
            "%(who)s accepted that the column %(what)s is sent to without reading what the LMS has there."
        )
    ),
    "grading.sent": _sent,
    "grading.kept-theirs": _kept_theirs,
    "grading.sent-ours": _sent_ours,
    "grading.policy-adopted": _policy,
    "grading.marks-imported": _imported,
    "question.asked": plain(lambda: gettext("%(who)s asked a question about their score.")),
    "question.answered": plain(lambda: gettext("%(who)s answered the question of %(what)s about the score.")),
}


def _levels(told: Telling) -> Iterator[Sentence]:
    """Say which levels an assessment gave."""
    levels = told.detail.get("levels")
    if not isinstance(levels, dict):
        return
    names = {
        "relevance": gettext("Relevance"),
        "substance": gettext("Substance"),
        "care": gettext("Care for others"),
        "progress": gettext("Progress"),
    }
    for name, level in levels.items():
        yield Sentence(gettext("%(name)s: %(value)s"), {"name": names.get(name, name), "value": level})


def _marks(told: Telling) -> Iterator[Sentence]:
    """Say which marks an act about several contributions gave, the first of them."""
    rows = told.detail.get("marks")
    for row in rows[:MOST_MARKS] if isinstance(rows, list) else ():
        subject, whose, before, after, reason = row
        table, _, number = str(subject).partition(":")
        values = {
            "what": told.thing(table, int(number)),
            "whose": told.member(whose),
            "before": _figure(before),
            "after": _figure(after),
            "reason": reason,
        }
        if reason:
            words = gettext("%(what)s, by %(whose)s: %(after)s instead of %(before)s (%(reason)s)")
        else:
            words = gettext("%(what)s, by %(whose)s: %(after)s instead of %(before)s")
        yield Sentence(words, values)


NOTES = (_levels, _marks)
