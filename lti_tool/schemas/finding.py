"""What an address says that somebody looks for. What it says that nobody understands narrows nothing."""

from collections.abc import Mapping

from lti_tool.knowledge.cleaning import clean_name
from lti_tool.schemas.fields import row_number
from lti_tool.services.discussions import IDEA_STATES, KINDS, ORDERS, QUESTION_STATES, SHOWN, Wish
from lti_tool.services.tags import LONGEST


def wish_of(told: Mapping[str, str]) -> Wish:
    """Read a wish from the query of an address."""
    return Wish(
        kind=_one_of(KINDS, told.get("kind"), None),
        topic=row_number(told.get("topic")) or None,
        tag=clean_name(told.get("tag", "").strip().lstrip("#"), LONGEST) or None,
        state=_one_of((*QUESTION_STATES, *IDEA_STATES), told.get("state"), None),
        group=row_number(told.get("group")) or None,
        show=_one_of(SHOWN, told.get("show"), "all"),
        order=_one_of(ORDERS, told.get("order"), "newest"),
    )


def _one_of(known: tuple, told: str | None, otherwise: str | None) -> str | None:
    return str(told) if told in known else otherwise
