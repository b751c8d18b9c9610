"""Where contributions can be read, whatever page of their thread they stand on."""

from collections.abc import Mapping

from flask import url_for

from lti_tool.services import former_places, thread_order
from lti_tool.services.facts import Place


def links_to(places: Mapping[str, Place] | None) -> dict[str, str]:
    """Return the address of each contribution by the subject of its statement line."""
    return {subject: _link(place) for subject, place in (places or {}).items()}


def _link(place: Place) -> str:
    if place.comment_id is None:
        return url_for("posts.show", post_id=place.post_id)
    return url_for("comments.show", post_id=place.post_id, comment_id=place.comment_id)


def moved_to(member, post_id: int, comment_id: int | None, now, **query) -> str | None:
    """Return where something stands by now whose address is an old one; None for any other address.

    :raises NotFound: it stands where this member may not read.
    """
    place = former_places.stands_at(member, post_id, comment_id, now)
    if place is None:
        return None
    if place.comment_id is None:
        return url_for("posts.show", post_id=place.post_id, **query)
    return address_of(member, place.post_id, place.comment_id, now, **query)


def address_of(member, post_id: int, comment_id: int, now, **query) -> str:
    """Return the address of the page on which a reply stands, at its place there."""
    anchor = query.pop("_anchor", f"comment-{comment_id}")
    place = thread_order.place_of(member, post_id, comment_id, now)
    page = place.page if place.page > 1 else None
    return url_for("posts.show", post_id=post_id, page=page, under=place.under, _anchor=anchor, **query)
