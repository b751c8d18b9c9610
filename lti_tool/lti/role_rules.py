"""Rules of one deployment that go before the usual ones: pure, from what a launch or roster says to a role.

A rule looks at the role names as the LMS sends them, or at a custom parameter that the deployment's
administrators named. The first rule that fits decides; where none fits, the usual rules do (`roles.role_of`).
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from lti_tool.lti.roles import RANKING, ParsedRole, parse, role_of
from lti_tool.models import Role

MOST_RULES, MOST_PARAMETERS = 40, 10
LONGEST_MATCH, LONGEST_PARAMETER = 300, 100
ANY = "*"
# More of them than this would make a search among long texts slow.
MOST_STARS = 3

_SHORT = re.compile(r"(?P<base>[A-Za-z][A-Za-z0-9]*)[#/](?P<sub>[A-Za-z][A-Za-z0-9]*)")
_PARAMETER = re.compile(rf"[A-Za-z0-9_.:-]{{1,{LONGEST_PARAMETER}}}")


class RuleKind(StrEnum):
    ROLE = "role"  # a role of the launch or the roster
    PARAMETER = "parameter"  # a custom parameter of the launch


@dataclass(frozen=True)
class RoleRule:
    """One rule: what has to be said, and the role in the community that it gives.

    `match` of a role: a whole name as the LMS sends it, a short name of the context (`Instructor`,
    `Instructor#TeachingAssistant`), or either with `*` for any letters. `match` of a parameter: its value,
    or a pattern of it; `parameter` is its name then, and None else.
    """

    kind: RuleKind
    match: str
    role: Role
    parameter: str | None = None


@dataclass(frozen=True)
class Rules:
    """The rules of a deployment in their order, and which custom parameters may decide there."""

    rules: tuple[RoleRule, ...] = ()
    parameters: tuple[str, ...] = ()

    def kept_of(self, custom: Mapping[str, str]) -> dict[str, str] | None:
        """What of a launch's custom parameters is kept to decide by; None when it is nothing."""
        return {name: custom[name] for name in self.parameters if name in custom} or None

    def role_of(self, raw_roles: Sequence[str], custom: Mapping[str, str] | None = None) -> Role:
        """The community role of somebody of whom the LMS says this."""
        decided = self.deciding(raw_roles, custom)
        return role_of(raw_roles) if decided is None else self.rules[decided].role

    def deciding(self, raw_roles: Sequence[str], custom: Mapping[str, str] | None = None) -> int | None:
        """The place of the rule that decides, from 0; None: the usual rules do."""
        if not self.rules:
            return None
        said, allowed = _narrowed(raw_roles), self.kept_of(custom or {}) or {}
        for place, rule in enumerate(self.rules):
            if rule.kind is RuleKind.PARAMETER:
                fits = _value_fits(rule, allowed)
            else:
                fits = any(_fits(rule.match, raw, parsed) for raw, parsed in said)
            if fits:
                return place
        return None


USUAL = Rules()


def rules_of(stored: Sequence[Mapping] | None, parameters: Sequence[str] | None) -> Rules:
    """The rules of a deployment as its row keeps them."""
    if not stored and not parameters:
        return USUAL
    return Rules(tuple(map(_rule_of, stored or ())), tuple(parameters or ()))


def stored(rules: Iterable[RoleRule]) -> list[dict]:
    """The inverse of `rules_of`, for the row."""
    return [
        {"kind": rule.kind.value, "match": rule.match, "role": rule.role.value, "parameter": rule.parameter}
        for rule in rules
    ]


def _rule_of(said: Mapping) -> RoleRule:
    return RoleRule(RuleKind(said["kind"]), said["match"], Role(said["role"]), said.get("parameter"))


def problems_of(rule: RoleRule, parameters: Collection[str]) -> list[str]:
    """What is wrong with a rule, as codes; nothing is when it is empty."""
    found = []
    if not rule.match.strip():
        found.append("match-missing")
    elif len(rule.match) > LONGEST_MATCH:
        found.append("match-too-long")
    elif rule.match.count(ANY) > MOST_STARS:
        found.append("too-many-stars")
    elif rule.kind is RuleKind.ROLE and ANY in rule.match and not rule.match.replace(ANY, "").strip():
        found.append("match-everything")
    if rule.role not in RANKING:
        found.append("role-by-appointment-only")
    if rule.kind is RuleKind.PARAMETER and rule.parameter not in parameters:
        found.append("parameter-not-allowed")
    return found


def is_parameter_name(name: str) -> bool:
    """Whether an LMS could send a custom parameter of this name."""
    return _PARAMETER.fullmatch(name) is not None


def _narrowed(raw_roles: Iterable[str]) -> list[tuple[str, ParsedRole]]:
    """The roles with their parts; a base role beside one of its sub-roles counts as the sub-role."""
    said = [(raw, parse(raw)) for raw in raw_roles]
    narrowed = {parsed.base for _, parsed in said if parsed.scope == "context" and parsed.sub is not None}
    return [
        (raw, parsed)
        for raw, parsed in said
        if parsed.scope != "context" or parsed.sub is not None or parsed.base not in narrowed
    ]


def _fits(match: str, raw: str, said: ParsedRole) -> bool:
    """Whether a rule's text names this role.

    A role of the institution or of the system says what somebody is elsewhere: a rule has to name it whole,
    no pattern reaches it.
    """
    if ANY not in match:
        named = _named(match)
        return raw == match if named.scope is None else said == named
    if said.scope not in (None, "context"):
        return False
    return _is_like(match, raw) or (said.scope == "context" and _is_like(match, _short(said)))


def _value_fits(rule: RoleRule, custom: Mapping[str, str]) -> bool:
    value = custom.get(rule.parameter or "")
    return value is not None and _is_like(rule.match, value)


@lru_cache(maxsize=256)
def _named(match: str) -> ParsedRole:
    """The role that a text without `*` names: as the LMS would send it, or `Base#Sub` for short."""
    if short := _SHORT.fullmatch(match):
        return parse(f"http://purl.imsglobal.org/vocab/lis/v2/membership/{short['base']}#{short['sub']}")
    return parse(match)


def _short(said: ParsedRole) -> str:
    return said.base if said.sub is None else f"{said.base}#{said.sub}"


def _is_like(match: str, text: str) -> bool:
    """Whether a text is the pattern with any letters for `*`, everything else as it stands.

    Part by part, each as early as it may stand: a regular expression would try every way of dividing a long
    value, for minutes, in the middle of a launch.
    """
    first, *others = match.split(ANY)
    if not others:
        return text == match
    *middle, last = others
    at, end = len(first), len(text) - len(last)
    if end < at or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
