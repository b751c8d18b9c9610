"""What a member fills in to write, rewrite or reply."""

from marshmallow import fields, post_load
from marshmallow.validate import OneOf, Range

from lti_tool.schemas.fields import Form, Text
from lti_tool.services.contributions import CommentDraft, CommentEdit, PostDraft, PostEdit

TITLE_LIMIT = 140
BODY_LIMIT = 20_000
KINDS = ("discussion", "question")


class PostDraftSchema(Form):
    """A new post."""

    kind = fields.String(
        required=True,
        validate=OneOf(KINDS, error="unknown-kind"),
        error_messages={"required": "unknown-kind"},
    )
    title = Text(limit=TITLE_LIMIT, one_line=True)
    body = Text(limit=BODY_LIMIT)

    @post_load
    def make_draft(self, data, **kwargs) -> PostDraft:
        return PostDraft(**data)


def _version() -> fields.Integer:
    return fields.Integer(
        required=True,
        validate=Range(min=0),
        error_messages={"required": "stale", "invalid": "stale"},
    )


class PostEditSchema(Form):
    """New words for a post."""

    title = Text(limit=TITLE_LIMIT, one_line=True)
    body = Text(limit=BODY_LIMIT)
    version = _version()

    @post_load
    def make_edit(self, data, **kwargs) -> PostEdit:
        return PostEdit(**data)


class CommentDraftSchema(Form):
    """A reply."""

    body = Text(limit=BODY_LIMIT)

    @post_load
    def make_draft(self, data, **kwargs) -> CommentDraft:
        return CommentDraft(**data)


class CommentEditSchema(Form):
    """New words for a reply."""

    body = Text(limit=BODY_LIMIT)
    version = _version()

    @post_load
    def make_edit(self, data, **kwargs) -> CommentEdit:
        return CommentEdit(**data)
