"""Sentences whose parts are people and things with a page of their own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from babel.dates import format_date
from flask import url_for
from flask_babel import get_locale, get_translations, gettext
from markupsafe import Markup, escape

from lti_tool.services.audit_names import Named, Names, subject_of


@dataclass(frozen=True)
class Ref:
    """Somebody or something by name, with the page where it can be seen, if there is one."""

    text: str
    endpoint: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> Markup:
        name = Markup("<bdi>{}</bdi>").format(self.text)
        if self.endpoint is None:
            return name
        return Markup('<a href="{}">{}</a>').format(url_for(self.endpoint, **self.values), name)


@dataclass(frozen=True)
class Sentence:
    """A translated sentence with what stands at its places: text for files, HTML for pages."""

    template: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.template % {name: str(value) for name, value in self.values.items()}

    def __html__(self) -> Markup:
        return Markup(escape(self.template)) % self.values


def ungettext(one: str, many: str, number: int) -> str:
    """Choose the form of a sentence for a number, in the reader's language, without filling it in."""
    return get_translations().ungettext(one, many, number)


class Telling:
    """An entry of the log that is put into words: who, what, and what its detail says."""

    def __init__(self, entry, names: Names, *, in_console: bool) -> None:
        self.entry = entry
        self._names = names
        self._in_console = in_console

    @property
    def detail(self) -> Mapping[str, object]:
        return self.entry.detail or {}

    def say(self, template: str, **more: object) -> Sentence:
        """Make a sentence; `who` acted and `what` it is about may stand in it, beside whatever is given."""
        return Sentence(template, {"who": self.who(), "what": self.what()} | more)

    def number(self, name: str) -> int:
        """Return a number of the detail: itself, or how many a list has; 0 when nothing is said."""
        value = self.detail.get(name)
        return len(value) if isinstance(value, list) else value if isinstance(value, int) else 0

    def text(self, name: str) -> str:
        """Return a text of the detail as it stands; a dash when nothing is said."""
        value = self.detail.get(name)
        return "–" if value is None else str(value)

    def who(self) -> Ref:
        """Return who acted."""
        kind, number = self.entry.actor_kind, self.entry.actor_id
        if kind == "member" and number is not None:
            return self.member(number, begins=True)
        if kind == "administrator" and number is not None:
            return self.thing("administrator", number)
        if kind == "operator":
            return Ref(gettext("An operator (command line)"))
        if kind == "account":
            return Ref(gettext("Account %(number)s of the LMS", number=number))
        return Ref(gettext("The tool itself"))

    def what(self) -> Ref:
        """Return what the entry is about."""
        subject = subject_of(self.entry)
        if subject is None:
            return Ref((self.entry.subject or "–").partition(":")[2] or self.entry.subject or "–")
        table, number = subject
        return self.member(number) if table == "membership" else self.thing(table, number)

    def member(self, number: int, *, begins: bool = False) -> Ref:
        """Return a member by name; `begins`: they stand at the beginning of a sentence."""
        if self._in_console:
            return Ref(self._nameless(number, begins=begins))
        named = self._names.get("membership", number)
        if named is not None and named.former:
            return Ref(gettext("A former member") if begins else gettext("a former member"))
        name = (named and named.name) or self._nameless(number, begins=begins)
        return Ref(name, "people.show" if named else None, {"number": number})

    def _nameless(self, number: int, *, begins: bool) -> str:
        """Call a member by number; whoever acts, in the console, with the community where it is."""
        if not begins:
            return gettext("member %(number)s", number=number)
        community = self._names.get("community", self.entry.community_id or 0) if self._in_console else None
        if community is None:
            return gettext("Member %(number)s", number=number)
        name = community.name or "–"
        return gettext("Member %(number)s of “%(community)s”", number=number, community=name)

    def thing(self, table: str, number: int) -> Ref:
        """Return a thing by its name, or by its number where it is gone."""
        named = self._names.get(table, number)
        if named is None:
            return Ref(gettext("no. %(number)s", number=number))
        if named.of is not None and table in ("delivery", "question"):
            return self.member(named.of)
        if named.hidden:
            return Ref(gettext("a hidden contribution"), *_where_it_is_decided(table, number, named))
        if named.name is None and not named.there:
            return Ref(gettext("a deleted contribution"))
        name = named.name or gettext("no. %(number)s", number=number)
        page = _PAGES.get(table)
        return Ref(name, *(page(number, named) if page and named.there else ()))

    def members(self, numbers: Iterable[int]) -> list[Ref]:
        return [self.member(number) for number in numbers]


Teller = Callable[[Telling], Sentence]
# The page of a thing: end point and what its address takes.
_PAGES: dict[str, Callable[[int, Named], tuple[str, dict[str, object]]]] = {
    "post": lambda number, named: ("posts.show", {"post_id": number}),
    "comment": lambda number, named: (
        "posts.show",
        {"post_id": named.of, "_anchor": f"comment-{number}"},
    ),
    "prompt": lambda number, named: ("posts.show", {"post_id": named.of}),
    "subgroup": lambda number, named: ("subgroups.show", {"subgroup_id": number}),
    "column": lambda number, named: ("columns.index", {}),
    "line-item": lambda number, named: ("columns.index", {}),
    "platform": lambda number, named: ("platforms.show", {"platform_id": number}),
    "deployment": lambda number, named: ("deployments.index", {"platform_id": named.of}),
}


def _where_it_is_decided(table: str, number: int, named: Named) -> tuple[str, dict[str, object]]:
    if table == "comment":
        return "moderation.of_comment", {"post_id": named.of, "comment_id": number}
    return "moderation.of_post", {"post_id": number}


def plain(words: Callable[[], str]) -> Teller:
    """Tell an act by a sentence that needs no more than who did it, and to what."""
    return lambda told: told.say(words())


def in_list(refs: Iterable[Ref]) -> Ref:
    """Return several names as one part of a sentence."""
    return _Several(tuple(refs))


@dataclass(frozen=True)
class _Several:
    refs: tuple[Ref, ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.refs))

    def __html__(self) -> Markup:
        return Markup(", ").join(self.refs)


def day(written: object) -> str:
    """Put a day or moment of a detail, written as ISO, into words."""
    try:
        found = datetime.fromisoformat(str(written)).date()
    except ValueError:
        return str(written)
    return format_date(found, "d MMMM y", locale=get_locale())


def role(code: object) -> str:
    """Return a role as it is called within a sentence."""
    names = {
        "learner": gettext("learner"),
        "trainer": gettext("trainer"),
        "pedagogical_lead": gettext("pedagogical lead"),
        "community_manager": gettext("community manager"),
        "sponsor": gettext("sponsor"),
        "guest_expert": gettext("guest expert"),
        "observer": gettext("observer"),
    }
    return names.get(str(code), str(code))
