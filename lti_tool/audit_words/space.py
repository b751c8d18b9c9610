"""What concerns members, the space and contributions, in words."""

from collections.abc import Iterator
from decimal import Decimal

from flask_babel import gettext

from lti_tool.act_words import act_name
from lti_tool.audit_words.sentences import Sentence, Teller, Telling, day, in_list, plain, role, ungettext
from lti_tool.file_words import file_size
from lti_tool.services.audit_names import MOST_NAMED, members_in


def _appointed(told: Telling) -> Sentence:
    if until := told.detail.get("until"):
        words = gettext("%(who)s appointed %(what)s %(role)s until %(until)s.")
        return told.say(words, role=role(told.detail.get("role")), until=day(until))
    return told.say(gettext("%(who)s appointed %(what)s %(role)s."), role=role(told.detail.get("role")))


def _appointment_ended(told: Telling) -> Sentence:
    words = gettext("%(who)s ended the appointment of %(what)s as %(role)s.")
    return told.say(words, role=role(told.detail.get("role")))


def _guest_invited(told: Telling) -> Sentence:
    words = gettext("%(who)s invited %(what)s by mail, as %(role)s until %(until)s.")
    return told.say(words, role=role(told.detail.get("role")), until=day(told.detail.get("until")))


def _guest_invited_again(told: Telling) -> Sentence:
    words = gettext("%(who)s sent %(what)s a new invitation, as %(role)s until %(until)s.")
    return told.say(words, role=role(told.detail.get("role")), until=day(told.detail.get("until")))


def _guest_accepted(told: Telling) -> Sentence:
    words = gettext("%(who)s accepted the invitation, as %(role)s until %(until)s.")
    return told.say(words, role=role(told.detail.get("role")), until=day(told.detail.get("until")))


def _role_confirmed(told: Telling) -> Sentence:
    words = gettext(
        "%(who)s confirmed the role that the LMS gives to %(what)s: %(after)s instead of %(before)s."
    )
    return told.say(words, after=role(told.detail.get("after")), before=role(told.detail.get("before")))


def _roster_taken_over(told: Telling) -> Sentence:
    number = told.number("departures")
    words = ungettext(
        "%(who)s had the list of the course %(what)s taken over, by which %(number)s person left.",
        "%(who)s had the list of the course %(what)s taken over, by which %(number)s people left.",
        number,
    )
    return told.say(words, number=number)


def _everybody_kept(told: Telling) -> Sentence:
    number = told.number("departures")
    words = ungettext(
        "%(who)s kept everybody when the list of the course %(what)s no longer had %(number)s person.",
        "%(who)s kept everybody when the list of the course %(what)s no longer had %(number)s people.",
        number,
    )
    return told.say(words, number=number)


def _erased(told: Telling) -> Sentence:
    if told.detail.get("replayed"):
        return told.say(gettext("%(who)s had account %(what)s erased once more, after a restore."))
    return told.say(gettext("%(who)s erased account %(what)s, as its person asked."))


def _looked(told: Telling) -> Sentence:
    if told.entry.subject is None:
        return told.say(gettext("%(who)s looked for what is held about somebody, and nothing is."))
    return told.say(gettext("%(who)s looked up which kinds of data are held about account %(what)s."))


def _zone(told: Telling) -> Sentence:
    if told.detail.get("before") == told.detail.get("after"):
        return told.say(gettext("%(who)s confirmed the time zone %(after)s."), after=told.text("after"))
    words = gettext("%(who)s set the time zone to %(after)s; it was %(before)s.")
    return told.say(words, after=told.text("after"), before=told.text("before"))


def _permission(told: Telling) -> Sentence:
    about = {"role": role(told.detail.get("role")), "act": act_name(told.detail.get("permission"))}
    if told.detail.get("allowed"):
        return told.say(gettext("%(who)s decided that the role “%(role)s” may: %(act)s."), **about)
    return told.say(gettext("%(who)s decided that the role “%(role)s” may not: %(act)s."), **about)


def _permissions_usual(told: Telling) -> Sentence:
    number = told.number("number")
    words = ungettext(
        "%(who)s brought %(number)s permission back to the usual.",
        "%(who)s brought %(number)s permissions back to the usual.",
        number,
    )
    return told.say(words, number=number)


def _charter(told: Telling) -> Sentence:
    return told.say(gettext("%(who)s wrote version %(number)s of the charter."), number=told.text("number"))


def state_name(code: object) -> str:
    """Return a state of a community as it is called within a sentence."""
    names = {
        "draft": gettext("draft"),
        "preparing": gettext("in preparation"),
        "open": gettext("open"),
        "closed": gettext("closed to new contributions"),
        "archived": gettext("archived"),
        "purging": gettext("being emptied"),
        "purged": gettext("emptied"),
    }
    return names.get(str(code), str(code))


def _moved(told: Telling) -> Sentence:
    words = gettext("%(who)s moved the space from “%(before)s” to “%(after)s”.")
    states = {name: state_name(told.detail.get(name)) for name in ("before", "after")}
    return told.say(words, **states)


def _purge_put_off(told: Telling) -> Sentence:
    words = gettext("%(who)s put the deletion off until %(until)s: members have to be told in time.")
    return told.say(words, until=day(told.detail.get("until")))


def _purged(told: Telling) -> Sentence:
    if until := told.detail.get("evidence_until"):
        words = gettext(
            "%(who)s emptied the space. Evidence of grades is kept until %(until)s, without names."
        )
        return told.say(words, until=day(until))
    return told.say(gettext("%(who)s emptied the space."))


def _subgroup_made(told: Telling) -> Sentence:
    if told.detail.get("group") is None:
        return told.say(gettext("%(who)s made the sub-group %(what)s."))
    return told.say(gettext("%(who)s made the sub-group %(what)s, which follows a group of the LMS."))


def _put_in(told: Telling) -> Sentence:
    number = told.number("members")
    words = ungettext(
        "%(who)s put %(number)s person into the sub-group %(what)s.",
        "%(who)s put %(number)s people into the sub-group %(what)s.",
        number,
    )
    return told.say(words, number=number)


def _taken_out(told: Telling) -> Sentence:
    number = told.number("members")
    words = ungettext(
        "%(who)s took %(number)s person out of the sub-group %(what)s.",
        "%(who)s took %(number)s people out of the sub-group %(what)s.",
        number,
    )
    return told.say(words, number=number)


def _placed(told: Telling) -> Sentence:
    graded = told.detail.get("column") is not None
    if not (told.entry.subject or "").startswith("prompt:"):
        if graded:
            return told.say(gettext("%(who)s placed this space in a course, with a column in its gradebook."))
        return told.say(gettext("%(who)s placed this space in a course."))
    if graded:
        words = gettext("%(who)s placed the prompt %(what)s in a course, with a column in its gradebook.")
        return told.say(words)
    return told.say(gettext("%(who)s placed the prompt %(what)s in a course."))


SENTENCES: dict[str, Teller] = {
    "member.appointed": _appointed,
    "member.appointment-ended": _appointment_ended,
    "guest.invited": _guest_invited,
    "guest.invited-again": _guest_invited_again,
    "guest.withdrawn": plain(lambda: gettext("%(who)s withdrew the invitation of %(what)s.")),
    "guest.accepted": _guest_accepted,
    "enrolment.role-confirmed": _role_confirmed,
    "roster.taken-over": _roster_taken_over,
    "roster.kept-everybody": _everybody_kept,
    "person.erased": _erased,
    "person.erasure-asked": plain(lambda: gettext("%(who)s asked to be erased.")),
    "person.erasure-withdrawn": plain(lambda: gettext("%(who)s no longer asks to be erased.")),
    "privacy.looked": _looked,
    "community.zone-set": _zone,
    "community.arranged": plain(lambda: gettext("%(who)s changed the settings of the space.")),
    "community.moved": _moved,
    "community.dates-set": plain(lambda: gettext("%(who)s set dates in the life of the space.")),
    "community.purge-put-off": _purge_put_off,
    "community.exported": plain(
        lambda: gettext("%(who)s took along everything that was written in the space.")
    ),
    "community.purged": _purged,
    "community.evidence-deleted": plain(
        lambda: gettext("%(who)s deleted the evidence of grades that was kept after the space was emptied.")
    ),
    "community.permission-changed": _permission,
    "community.permissions-usual": _permissions_usual,
    "charter.written": _charter,
    "charter.opened": plain(
        lambda: gettext(
            "%(who)s had the charter say that sponsors read what is written from now on, without names."
        )
    ),
    "charter.closed": plain(
        lambda: gettext("%(who)s had the charter say no longer that sponsors read what is written.")
    ),
    "subgroup.made": _subgroup_made,
    "subgroup.described": plain(lambda: gettext("%(who)s described the sub-group %(what)s anew.")),
    "subgroup.closed": plain(lambda: gettext("%(who)s closed the sub-group %(what)s.")),
    "subgroup.brought-back": plain(lambda: gettext("%(who)s opened the sub-group %(what)s again.")),
    "subgroup.put-in": _put_in,
    "subgroup.taken-out": _taken_out,
    "part.made": plain(lambda: gettext("%(who)s gave a group of the course its own space: %(what)s.")),
    "part.closed": plain(lambda: gettext("%(who)s closed the space of a group: %(what)s.")),
    "part.opened": plain(lambda: gettext("%(who)s opened the space of a group again: %(what)s.")),
    "activity.placed": _placed,
    "activity.brought-over": plain(
        lambda: gettext(
            "%(who)s brought the prompt %(what)s over from the course that this one was copied from."
        )
    ),
}


def _before_and_after(told: Telling) -> Iterator[Sentence]:
    """Say which settings or dates were changed, from what to what."""
    if told.entry.act not in ("community.arranged", "community.dates-set"):
        return
    before, after = told.detail.get("before"), told.detail.get("after")
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    for name, value in after.items():
        words = _SETTINGS.get(name, lambda: "%(name)s: %(after)s (%(before)s)")()
        yield Sentence(
            words, {"name": name, "after": _setting(name, value), "before": _setting(name, before.get(name))}
        )


_SETTINGS = {
    "name": lambda: gettext("Name of the space: “%(after)s” instead of “%(before)s”"),
    "answer_target_hours": lambda: gettext("A first reply within %(after)s hours instead of %(before)s"),
    "file_limit": lambda: gettext("Largest file: %(after)s instead of %(before)s"),
    "storage_limit": lambda: gettext("Room for all files: %(after)s instead of %(before)s"),
    "mails_off": lambda: gettext("Sends no mails: %(after)s (before: %(before)s)"),
    "opens_at": lambda: gettext("Opens: %(after)s (before: %(before)s)"),
    "closes_at": lambda: gettext("Closes: %(after)s (before: %(before)s)"),
    "archives_at": lambda: gettext("Archived: %(after)s (before: %(before)s)"),
    "purges_at": lambda: gettext("Emptied: %(after)s (before: %(before)s)"),
}


def _setting(name: str, value: object) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if name.endswith("s_at"):
        return gettext("no date") if value is None else day(value)
    if not name.endswith("_limit"):
        return "–" if value is None else str(value)
    if value is None:
        return gettext("the limit of the installation")
    return file_size(int(value)) if isinstance(value, int | float | Decimal) else str(value)


def _of_whom(told: Telling) -> Iterator[Sentence]:
    """Name those whom an act about several people is about, the first of them."""
    numbers = members_in(told.entry)
    if not numbers:
        return
    whom = in_list(told.members(numbers))
    if len(numbers) == MOST_NAMED:
        yield Sentence(gettext("About, among others: %(whom)s"), {"whom": whom})
    else:
        yield Sentence(gettext("About: %(whom)s"), {"whom": whom})


NOTES = (_before_and_after, _of_whom)
