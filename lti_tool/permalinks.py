"""Where the contributions that a score is made of can be read."""

from collections.abc import Mapping

from flask import url_for

from lti_tool.services.facts import Place


def links_to(places: Mapping[str, Place] | None) -> dict[str, str]:
    """Return the address of each contribution by the subject of its statement line."""
    return {subject: _link(place) for subject, place in (places or {}).items()}


def _link(place: Place) -> str:
    anchor = f"comment-{place.comment_id}" if place.comment_id else None
    return url_for("posts.show", post_id=place.post_id, _anchor=anchor)
