"""What a member fills in to write, rewrite or reply."""

from marshmallow import fields, post_load
from marshmallow.validate import OneOf, Range

from lti_tool.schemas.fields import Form, Text
from lti_tool.services.contributions import CommentDraft, CommentEdit, PostDraft, PostEdit

TITLE_LIMIT = 140
BODY_LIMIT = 20_000
# Numbers of rows that every database can hold.
LARGEST_NUMBER = 10**9
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
    prompt = fields.Integer(
        load_default=None,
        strict=False,
        validate=Range(1, LARGEST_NUMBER, error="prompt-not-open"),
        error_messages=dict.fromkeys(("invalid", "null", "too_large"), "prompt-not-open"),
    )

    @post_load
    def make_draft(self, data, **kwargs) -> PostDraft:
        return PostDraft(**data)


def version_field() -> fields.Integer:
    """Return the field that says from which wording a form was made."""
    return fields.Integer(
        required=True,
        validate=Range(min=0),
        error_messages={"required": "stale", "invalid": "stale"},
    )


class PostEditSchema(Form):
    """New words for a post."""

    title = Text(limit=TITLE_LIMIT, one_line=True)
    body = Text(limit=BODY_LIMIT)
    version = version_field()

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
    version = version_field()

    @post_load
    def make_edit(self, data, **kwargs) -> CommentEdit:
        return CommentEdit(**data)
