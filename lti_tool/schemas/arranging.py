"""What staff fill in to move a thread, to split it, or to merge it into another one."""

import re
from typing import Any

from marshmallow import ValidationError, fields, post_load
from marshmallow.validate import OneOf

from lti_tool.schemas.contributions import TITLE_LIMIT
from lti_tool.schemas.fields import Form, Moment, Text, row_number
from lti_tool.schemas.filing import topic_field
from lti_tool.schemas.moderation import REASON_LIMIT, state_field
from lti_tool.schemas.subgroups import ReadersField
from lti_tool.services.merging import Merge
from lti_tool.services.moderation import Decision
from lti_tool.services.moving import Destination, Move
from lti_tool.services.splitting import KINDS, Split

# The number of a thread, by itself or at the end of the path of its address.
_THREAD = re.compile(r"(?:.*/posts/)?([1-9][0-9]{0,8})(?:[/?#].*)?", re.ASCII | re.DOTALL)


class DestinationSchema(Form):
    """Where a thread is to stand."""

    topic = topic_field()
    subgroup = ReadersField()

    @post_load
    def make_destination(self, data, **kwargs) -> Destination:
        return Destination(data["topic"], data["subgroup"])


class _DecisionForm(Form):
    """The reason, and the state of things that a decision was taken on."""

    body = Text(limit=REASON_LIMIT)
    version = state_field()
    until = Moment(required=True)

    @staticmethod
    def decision(act: str, data: dict[str, Any]) -> Decision:
        return Decision(act, data["body"], data["version"], data["until"])


class MoveSchema(_DecisionForm):
    """A thread is moved."""

    topic = topic_field()
    subgroup = ReadersField()
    confirmed = fields.Boolean(load_default=False, error_messages={"invalid": "not-confirmed"})

    @post_load
    def make_move(self, data, **kwargs) -> Move:
        to = Destination(data["topic"], data["subgroup"])
        return Move(to, data["confirmed"], self.decision("moved", data))


class _Chosen(fields.Field):
    """The replies that were ticked: numbers under one name."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[int, ...]:
        said = data.getlist(attr) if hasattr(data, "getlist") else [value]
        numbers = [row_number(str(one)) for one in said]
        if 0 in numbers:
            raise ValidationError("reply-gone")
        return tuple(dict.fromkeys(numbers))


class SplitSchema(_DecisionForm):
    """Replies become a thread of their own."""

    title = Text(limit=TITLE_LIMIT, one_line=True)
    kind = fields.String(load_default=KINDS[0], validate=OneOf(KINDS, error="unknown-kind"))
    chosen = _Chosen(required=True, error_messages={"required": "no-reply"})

    @post_load
    def make_split(self, data, **kwargs) -> Split:
        return Split(data["title"], data["kind"], data["chosen"], self.decision("split", data))


class ThreadField(fields.Field):
    """Another thread, by its number or its address; of a field that stays empty another one may tell."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        said = data.getlist(attr) if hasattr(data, "getlist") else [value]
        typed = next((one.strip() for one in map(str, said) if one.strip()), "")
        if not typed:
            raise ValidationError("choose-thread")
        found = _THREAD.fullmatch(typed)
        if found is None:
            raise ValidationError("no-such-thread")
        return int(found[1])


def _thread() -> ThreadField:
    return ThreadField(required=True, error_messages={"required": "choose-thread"})


class TargetSchema(Form):
    """Into which thread another one is to be merged."""

    into = _thread()


class MergeSchema(_DecisionForm):
    """A thread becomes a part of another one."""

    into = _thread()

    @post_load
    def make_merge(self, data, **kwargs) -> Merge:
        return Merge(data["into"], self.decision("merged", data))
