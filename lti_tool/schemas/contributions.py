"""What a member fills in to write, rewrite or reply."""

from marshmallow import fields, post_load
from marshmallow.validate import OneOf, Range

from lti_tool.schemas.fields import Attachments, Form, Text, row_number
from lti_tool.schemas.filing import Tags, topic_field
from lti_tool.schemas.subgroups import ReadersField
from lti_tool.services.contributions import CommentDraft, CommentEdit, PostDraft, PostEdit

TITLE_LIMIT = 140
BODY_LIMIT = 20_000
# Numbers of rows that every database can hold.
LARGEST_NUMBER = 10**9
KINDS = ("discussion", "question", "experience", "idea", "resource", "poll", "announcement")


def charter_field() -> fields.Function:
    """Return the field in which the charter is accepted: its number, None while it is not."""
    return fields.Function(deserialize=lambda number: row_number(number) or None, load_default=None)


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
    attachments = Attachments()
    subgroup = ReadersField()
    topic = topic_field()
    tags = Tags()
    charter = charter_field()

    @post_load(pass_original=True)
    def make_draft(self, data, typed, **kwargs) -> PostDraft:
        return PostDraft(**self.gathered(data, typed))


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
    attachments = Attachments()
    topic = topic_field()
    tags = Tags()

    @post_load(pass_original=True)
    def make_edit(self, data, typed, **kwargs) -> PostEdit:
        return PostEdit(**self.gathered(data, typed))


class CommentDraftSchema(Form):
    """A reply; to the post, unless it names another reply."""

    body = Text(limit=BODY_LIMIT)
    parent = fields.Function(deserialize=lambda number: row_number(number) or None, load_default=None)
    attachments = Attachments()
    charter = charter_field()

    @post_load
    def make_draft(self, data, **kwargs) -> CommentDraft:
        return CommentDraft(**data)


class CommentEditSchema(Form):
    """New words for a reply."""

    body = Text(limit=BODY_LIMIT)
    version = version_field()
    attachments = Attachments()

    @post_load
    def make_edit(self, data, **kwargs) -> CommentEdit:
        return CommentEdit(**data)
