"""Where LMSs send their notices: a signed one at a time or several, each answered for by itself."""

from flask import Blueprint, request

from lti_tool import clock
from lti_tool.services import notices
from lti_tool.transactions import reading, transaction

bp = Blueprint("notices", __name__, url_prefix="/lti")


@bp.post("/notices")
def receive():
    """Take in `{"notices": [{"jwt": …}]}` (Platform Notification Service 1.0).

    200 with what became of each, in their order; the status of the first refusal when none was taken in.
    """
    texts = _signed_texts(_said())
    if texts is None:
        return {"error": "no-notices"}, 400
    if len(texts) > notices.MOST_AT_ONCE:
        return {"error": "too-many-notices", "most": notices.MOST_AT_ONCE}, 413
    outcomes = notices.receive(texts, clock.now(), transaction, reading)
    return {"notices": [_told(one) for one in outcomes]}, min(one.status for one in outcomes)


def _said() -> object:
    """What the body says as JSON, whatever it is labelled; None when it is none."""
    try:
        return request.get_json(force=True, silent=True)
    except RecursionError:  # nested for its own sake
        return None


def _signed_texts(said: object) -> list[str] | None:
    """The signed texts; an entry without one is an empty text, which is refused as such."""
    listed = said.get("notices") if isinstance(said, dict) else None
    if not isinstance(listed, list) or not listed:
        return None
    texts = (one.get("jwt") if isinstance(one, dict) else None for one in listed)
    return [text if isinstance(text, str) else "" for text in texts]


def _told(outcome: notices.Outcome) -> dict[str, str]:
    told = {"result": outcome.result, "id": outcome.notice_id, "code": outcome.code}
    return {name: value for name, value in told.items() if value is not None}
