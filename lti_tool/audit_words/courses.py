"""Courses that join a space and go their own way again, in words."""

from flask_babel import gettext

from lti_tool.audit_words.sentences import Sentence, Teller, Telling, ungettext


def _joined(told: Telling) -> Sentence:
    number = told.number("people")
    words = ungettext(
        "%(who)s brought the course “%(course)s” into this space, with %(number)s person.",
        "%(who)s brought the course “%(course)s” into this space, with %(number)s people.",
        number,
    )
    return told.say(words, number=number, course=told.text("course"))


def _parted(told: Telling) -> Sentence:
    number = told.number("people")
    words = ungettext(
        "%(who)s let the course “%(course)s” go its own way; %(number)s person left.",
        "%(who)s let the course “%(course)s” go its own way; %(number)s people left.",
        number,
    )
    return told.say(words, number=number, course=told.text("course"))


def _left(told: Telling) -> Sentence:
    words = gettext("%(who)s had the course “%(course)s” join the space “%(space)s”.")
    return told.say(words, course=told.text("course"), space=told.text("space"))


def _left_by_code(told: Telling) -> Sentence:
    words = gettext("By its code the course “%(course)s” was brought into the space “%(space)s”.")
    return told.say(words, course=told.text("course"), space=told.text("space"))


def _came_back(told: Telling) -> Sentence:
    words = gettext("The course “%(course)s” meets here again; it had shared the space “%(space)s”.")
    return told.say(words, course=told.text("course"), space=told.text("space"))


def _agreed(told: Telling) -> Sentence:
    words = gettext("%(who)s made a code by which the course “%(course)s” can join another space.")
    return told.say(words, course=told.text("course"))


def _withdrawn(told: Telling) -> Sentence:
    words = gettext("%(who)s withdrew the code of the course “%(course)s”.")
    return told.say(words, course=told.text("course"))


SENTENCES: dict[str, Teller] = {
    "community.course-joined": _joined,
    "community.course-parted": _parted,
    "community.course-left": _left,
    "community.course-left-by-code": _left_by_code,
    "community.course-came-back": _came_back,
    "community.course-agreed": _agreed,
    "community.course-agreement-withdrawn": _withdrawn,
}
