"""What members fill in about themselves."""

from marshmallow import fields, post_load

from lti_tool.schemas.fields import Form, OptionalText
from lti_tool.services.profiles import ProfileDraft

NAME_LIMIT, ASKS_LIMIT = 80, 500


class ProfileSchema(Form):
    """A member's own profile; the topics are read beside it, since a form names several."""

    name = OptionalText(limit=NAME_LIMIT, one_line=True)
    asks_about = OptionalText(limit=ASKS_LIMIT)
    shortcuts = fields.Boolean(load_default=False)

    def __init__(self, topics: set[int]) -> None:
        super().__init__()
        self.topics = topics

    @post_load
    def make_draft(self, data, **kwargs) -> ProfileDraft:
        return ProfileDraft(topics=self.topics, **data)
