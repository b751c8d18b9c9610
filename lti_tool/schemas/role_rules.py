"""What an administrator types to say which role the LMS's words give: rows of a table, in their order."""

from collections.abc import Mapping
from dataclasses import replace

from lti_tool.schemas.fields import row_number
from lti_tool.services.role_rules import MOST_RULES, TypedRule, TypedRules

_LONGEST, _LONGEST_LIST = 400, 2000
_NEW = TypedRule(parameter=None, match="", role="observer")


def typed(form: Mapping[str, str]) -> TypedRules:
    """Return the rules of a form, as many as it has rows; nothing of them is checked yet."""
    rows = min(row_number(form.get("rows")), MOST_RULES)
    names = form.get("parameters", "")[:_LONGEST_LIST].replace(",", " ").split()
    return TypedRules(tuple(_rule(form, place) for place in range(rows)), tuple(dict.fromkeys(names)))


def edited(form: Mapping[str, str]) -> TypedRules:
    """Return the rules after the step that the form asks for: `add`, `up-2`, `down-2`, `remove-2`."""
    draft = typed(form)
    rules = list(draft.rules)
    verb, _, number = form.get("step", "").partition("-")
    place = 0 if number == "0" else row_number(number) or len(rules)
    if verb == "add" and len(rules) < MOST_RULES:
        rules.append(_NEW)
    elif verb == "remove" and place < len(rules):
        del rules[place]
    elif verb == "up" and 0 < place < len(rules):
        rules[place - 1 : place + 1] = rules[place], rules[place - 1]
    elif verb == "down" and place < len(rules) - 1:
        rules[place : place + 2] = rules[place + 1], rules[place]
    return replace(draft, rules=tuple(rules))


def goes_on_at(form: Mapping[str, str], draft: TypedRules) -> str:
    """Return where somebody who edits goes on after the step: `match-2`, `up-1`, `down-0`, or `add`.

    A rule that was moved is moved further by the same button, unless that is at the end.
    """
    verb, _, number = form.get("step", "").partition("-")
    place, last = row_number(number), len(draft.rules) - 1
    if last < 0:
        return "add"
    if verb == "up":
        return f"up-{place - 1}" if place > 1 else "down-0"
    if verb == "down":
        return f"down-{place + 1}" if place + 1 < last else f"up-{last}"
    return f"match-{last if verb == 'add' else min(place, last)}"


def version(form: Mapping[str, str]) -> int:
    """Return the version of the rules that the form was made beside; -1 for none that ever was."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _rule(form: Mapping[str, str], place: int) -> TypedRule:
    """One row. What it looks at is `role`, or `parameter:` with a name."""
    kind, colon, parameter = form.get(f"says-{place}", "")[:_LONGEST].partition(":")
    return TypedRule(
        parameter=parameter if kind == "parameter" and colon else None,
        match=form.get(f"match-{place}", "")[:_LONGEST].strip(),
        role=form.get(f"role-{place}", ""),
    )
