"""What a learner asks about a score, and what a trainer answers."""

from marshmallow import fields, post_load
from marshmallow.validate import Length

from lti_tool.schemas.fields import Form, Text

QUESTION_LIMIT = 1000
ANSWER_LIMIT = 4000
SUBJECT_LIMIT = 60


class QuestionSchema(Form):
    """A question about a line, a part or the whole; loads as subject and text."""

    subject = fields.String(
        required=True,
        validate=Length(1, SUBJECT_LIMIT, error="unknown"),
        error_messages=dict.fromkeys(("required", "null", "invalid"), "unknown"),
    )
    body = Text(limit=QUESTION_LIMIT)

    @post_load
    def make_question(self, data, **kwargs) -> tuple[str, str]:
        return data["subject"], data["body"]


class AnswerSchema(Form):
    """The answer to one."""

    body = Text(limit=ANSWER_LIMIT)

    @post_load
    def make_answer(self, data, **kwargs) -> str:
        return data["body"]
