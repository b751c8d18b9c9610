"""What somebody typed into a mail, made a reply by the rules of the form on the page."""

from marshmallow import ValidationError

from lti_tool.errors import Unfit
from lti_tool.schemas.contributions import CommentDraftSchema
from lti_tool.services.contributions import CommentDraft


def drafted(text: str) -> CommentDraft:
    """Return the reply that these words are.

    :raises Unfit: they are none, or too many.
    """
    try:
        return CommentDraftSchema().load({"body": text})
    except ValidationError as err:
        raise Unfit(err.messages) from err
