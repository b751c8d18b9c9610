"""What staff decided about contributions, in words."""

from collections.abc import Iterator

from flask_babel import gettext

from lti_tool.audit_words.sentences import Ref, Sentence, Teller, Telling, day, plain


def _by(words: str, told: Telling) -> Sentence:
    return told.say(words, author=told.member(told.number("of")))


SENTENCES: dict[str, Teller] = {
    "moderation.hidden": lambda told: _by(gettext("%(who)s hid %(what)s, by %(author)s."), told),
    "moderation.kept-hidden": lambda told: _by(
        gettext("%(who)s looked at %(what)s, by %(author)s, again: it stays hidden."), told
    ),
    "moderation.restored": lambda told: _by(gettext("%(who)s brought %(what)s, by %(author)s, back."), told),
    "moderation.left": lambda told: _by(
        gettext("%(who)s looked at %(what)s, by %(author)s, and left it as it is."), told
    ),
    "moderation.locked": lambda told: _by(
        gettext("%(who)s locked the thread of %(what)s, by %(author)s."), told
    ),
    "moderation.unlocked": lambda told: _by(
        gettext("%(who)s opened the thread of %(what)s, by %(author)s, again."), told
    ),
    "moderation.moved": lambda told: _by(gettext("%(who)s moved %(what)s, by %(author)s."), told),
    "moderation.split": lambda told: told.say(
        gettext("%(who)s made a thread of its own, %(made)s, of replies to %(what)s."),
        made=told.thing("post", told.number("made")),
    ),
    "moderation.merged": lambda told: _by(
        gettext("%(who)s made a thread by %(author)s into replies of %(what)s."), told
    ),
    "moderation.arranged": plain(lambda: gettext("%(who)s changed the settings of moderation.")),
    "moderation.member-muted": lambda told: told.say(
        gettext("%(who)s let %(what)s read only, until %(until)s."), until=day(told.detail.get("until"))
    ),
    "moderation.member-unmuted": plain(lambda: gettext("%(who)s let %(what)s write again.")),
    "moderation.member-removed": plain(lambda: gettext("%(who)s ended the membership of %(what)s.")),
    "moderation.member-readmitted": plain(lambda: gettext("%(who)s let %(what)s be a member again.")),
}


def _before_and_after(told: Telling) -> Iterator[Sentence]:
    """Say which settings were changed, from what to what."""
    before, after = told.detail.get("before"), told.detail.get("after")
    if told.entry.act != "moderation.arranged" or not isinstance(before, dict) or not isinstance(after, dict):
        return
    for name, value in after.items():
        if name in _SETTINGS:
            yield Sentence(
                _SETTINGS[name](), {"after": _setting(value), "before": _setting(before.get(name))}
            )


def _from_and_to(told: Telling) -> Iterator[Sentence]:
    """Say between which sub-groups and topics a thread was moved."""
    if told.entry.act != "moderation.moved":
        return
    for table, words in _WAYS.items():
        before, after = (told.detail.get(f"{way}_{table}") for way in ("from", "to"))
        if before != after:
            named = {
                name: told.thing(table, number) if isinstance(number, int) else Ref(_NOWHERE[table]())
                for name, number in (("before", before), ("after", after))
            }
            yield Sentence(words(), named)


_WAYS = {
    "subgroup": lambda: gettext("Sub-group: %(after)s instead of %(before)s"),
    "topic": lambda: gettext("Topic: %(after)s instead of %(before)s"),
}
_NOWHERE = {"subgroup": lambda: gettext("everybody here"), "topic": lambda: gettext("none")}
_SETTINGS = {
    "hourly_limit": lambda: gettext("Contributions within an hour: %(after)s instead of %(before)s"),
    "first_day_limit": lambda: gettext("Contributions on the first day: %(after)s instead of %(before)s"),
    "watched_words": lambda: gettext("Watched words: %(after)s instead of %(before)s"),
}


def _setting(value: object) -> str:
    return "–" if value is None else ", ".join(str(value).splitlines())


NOTES = (_before_and_after, _from_and_to)
