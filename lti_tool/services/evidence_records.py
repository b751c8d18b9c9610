"""How evidence is written: facts as records of text and whole numbers, exact to the last digit.

docs/recompute.py reads them without this package: a member that changes its meaning asks for a new VERSION.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lti_tool.grading.facts import Fact, Praise

FORMAT, VERSION = "community-value-evidence", 1
MEMBERS = "members"


def fact_record(fact: Fact, actor: int | None = None, reason: str | None = None) -> dict[str, Any]:
    """Return a fact as evidence has it: `actor` (a member's number) did it, with these words of their own."""
    return {
        "id": fact.id,
        "act": fact.act.value,
        "subject": fact.subject,
        "kind": None if fact.kind is None else fact.kind.value,
        "at": instant(fact.at),
        "words": fact.words,
        "copied": exact_text(fact.copied),
        "answers_self": fact.answers_self,
        "helped": fact.helped,
        "quality": exact_text(fact.quality),
        "lateness": exact_text(fact.lateness),
        "title": fact.title,
        "prompt": fact.prompt,
        "praise": None if fact.praise is None else _praise_record(fact.praise),
        "deadline": instant(fact.deadline),
        "opens": instant(fact.opens),
        "period": fact.period,
        "rubric": exact_text(fact.rubric),
        "actor": actor,
        "reason": reason,
    }


def _praise_record(praise: Praise) -> dict[str, Any]:
    return {
        "giver": praise.giver,
        "about": praise.about,
        "by_staff": praise.by_staff,
        "returns": instant(praise.returns),
    }


def instant(moment: datetime | None) -> str | None:
    """Write a moment in UTC, to the microsecond."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def exact_text(number: Fraction | Decimal | None) -> str | None:
    """Write a number exactly: "3/4", "20.00"."""
    return None if number is None else str(number)


def as_json(head: Mapping[str, Any], members: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Write one JSON object piece by piece: what `head` says, then the list of members, one a line."""
    yield json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    yield f',\n "{MEMBERS}": ['
    separator = "\n"
    for member in members:
        yield separator + json.dumps(member, ensure_ascii=False)
        separator = ",\n"
    yield "\n ]\n}\n"
