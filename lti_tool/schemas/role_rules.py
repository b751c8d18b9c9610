"""What an administrator types to say which role the LMS's words give: rows of a table, in their order."""

from collections.abc import Mapping

from lti_tool.lti.role_rules import MOST_RULES, RoleRule, RuleKind, Rules
from lti_tool.lti.roles import RANKING
from lti_tool.models import Role
from lti_tool.schemas.fields import row_number
from lti_tool.services.role_rules import draft_of

# As the form offers them, from the highest.
ROLES = tuple(reversed(RANKING))
_LONGEST = 400


def typed(form: Mapping[str, str]) -> Rules:
    """Return the rules of a form, as many as it has rows; nothing of them is checked yet."""
    rows = min(row_number(form.get("rows")), MOST_RULES)
    return draft_of(
        (_rule(form, place) for place in range(rows)),
        form.get("parameters", "")[:2000].replace(",", " ").split(),
    )


def edited(form: Mapping[str, str]) -> Rules:
    """Return the rules after the step that the form asks for: `add`, `up-2`, `down-2`, `remove-2`."""
    draft = typed(form)
    rules, step = list(draft.rules), form.get("step", "")
    verb, _, number = step.partition("-")
    place = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else len(rules)
    if verb == "add" and len(rules) < MOST_RULES:
        rules.append(RoleRule(RuleKind.ROLE, "", Role.OBSERVER))
    elif verb == "remove" and place < len(rules):
        del rules[place]
    elif verb == "up" and 0 < place < len(rules):
        rules[place - 1 : place + 1] = rules[place], rules[place - 1]
    elif verb == "down" and place < len(rules) - 1:
        rules[place : place + 2] = rules[place + 1], rules[place]
    return Rules(tuple(rules), draft.parameters)


def version(form: Mapping[str, str]) -> int:
    """Return the version of the rules that the form was made beside; -1 for none that ever was."""
    text = form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def _rule(form: Mapping[str, str], place: int) -> RoleRule:
    """One row. What it names is `role`, or `parameter:<name>`; an unknown role is the lowest."""
    said = form.get(f"says-{place}", "")[:_LONGEST]
    kind, _, parameter = said.partition(":")
    wanted = form.get(f"role-{place}", "")
    role = next((role for role in ROLES if role == wanted), Role.OBSERVER)
    match = form.get(f"match-{place}", "")[:_LONGEST].strip()
    if kind == RuleKind.PARAMETER.value:
        return RoleRule(RuleKind.PARAMETER, match, role, parameter)
    return RoleRule(RuleKind.ROLE, match, role)
