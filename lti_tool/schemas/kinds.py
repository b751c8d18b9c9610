"""What a member fills in for each kind of contribution: its own fields beside those that all have.

Problems are of the fields as the forms name them. Answers of a poll are `option_1` to `option_10`: distinct
names survive wherever a form is kept (drafts, lost sessions).
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load
from marshmallow.validate import OneOf

from lti_tool.knowledge.cleaning import clean_text
from lti_tool.knowledge.links import web_link
from lti_tool.schemas.assessment import Words
from lti_tool.schemas.contributions import BODY_LIMIT, PostDraftSchema, PostEditSchema
from lti_tool.schemas.fields import Day, Form, Text, is_visible
from lti_tool.schemas.prompts import REASON_LIMIT, LocalTime
from lti_tool.services.ideas import IdeaDecision
from lti_tool.services.kind_forms import (
    EXPERIENCE_PARTS,
    LEAST_OPTIONS,
    OPTION_FIELDS,
    AnnouncementForm,
    ExperienceForm,
    PollForm,
    ResourceForm,
)

PART_LIMIT = BODY_LIMIT // len(EXPERIENCE_PARTS)
OPTION_LIMIT = 200
RESULTS = ("always", "voted", "closed")
IDEA_STATES = ("proposed", "considered", "retained", "done", "declined")


class _Link(fields.Field):
    """An address of the web as people copy it; nothing for none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        text = str(value).strip()
        link = web_link(text)
        if text and link is None:
            raise ValidationError("not-a-link")
        return link if text else None


def _one_of(*values: str) -> fields.String:
    return fields.String(validate=OneOf(values, error="unknown"))


class _Experience:
    """The four parts of an experience report, of which the last may be missing."""

    body = Words(limit=BODY_LIMIT)
    situation = Text(limit=PART_LIMIT)
    tried = Text(limit=PART_LIMIT)
    result = Text(limit=PART_LIMIT)
    advice = Words(limit=PART_LIMIT)

    def gathered(self, data: dict[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
        parts = {name: data.pop(name) for name in EXPERIENCE_PARTS}
        return super().gathered(data, typed) | {"own": ExperienceForm(parts)}


class _Resource:
    """An address, or files."""

    link = _Link(load_default=None)

    def gathered(self, data: dict[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
        link = data.pop("link")
        if link is None and not data.get("attachments"):
            raise ValidationError("link-or-file", "link")
        return super().gathered(data, typed) | {"own": ResourceForm(link)}


class _Poll:
    """What a poll asks. Whoever edits one may send its words alone: the rest stays as it is."""

    body = Words(limit=BODY_LIMIT)
    multiple = _one_of("yes", "no")
    anonymous = _one_of("yes", "no")
    results = _one_of(*RESULTS)
    closes_at = LocalTime()

    def gathered(self, data: dict[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
        asked = {name: data.pop(name) for name in _POLL_SETTINGS if name in data}
        has_options = any(name in typed for name in OPTION_FIELDS)
        form = PollForm(
            options=_options(typed) if has_options or self.is_new else None,
            multiple=_said(asked.get("multiple")),
            anonymous=_said(asked.get("anonymous")),
            results=asked.get("results"),
            closes_at=asked.get("closes_at"),
        )
        changed = self.is_new or has_options or bool(asked)
        return super().gathered(data, typed) | {"own": form if changed else None}


_POLL_SETTINGS = ("multiple", "anonymous", "results", "closes_at")


def _options(typed: Mapping[str, str]) -> tuple[str, ...]:
    lines = (" ".join(clean_text(typed.get(name, "")).split()) for name in OPTION_FIELDS)
    given = tuple(line for line in lines if is_visible(line))
    if any(len(option) > OPTION_LIMIT for option in given):
        raise ValidationError("too-long", "options")
    if len(given) < LEAST_OPTIONS:
        raise ValidationError("options-few", "options")
    if len({option.casefold() for option in given}) < len(given):
        raise ValidationError("options-alike", "options")
    return given


def _said(value: str | None) -> bool | None:
    return None if value is None else value == "yes"


class _Announcement:
    """Until when it stands on top; scripts that do not say leave it to the usual time."""

    pinned_until = Day()

    def gathered(self, data: dict[str, Any], typed: Mapping[str, str]) -> dict[str, Any]:
        said = "pinned_until" in data
        own = AnnouncementForm(data.pop("pinned_until")) if said else None
        return super().gathered(data, typed) | {"own": own}


class _ExperienceDraft(_Experience, PostDraftSchema):
    pass


class _ResourceDraft(_Resource, PostDraftSchema):
    pass


class _PollDraft(_Poll, PostDraftSchema):
    is_new = True


class _AnnouncementDraft(_Announcement, PostDraftSchema):
    pass


class _ExperienceEdit(_Experience, PostEditSchema):
    pass


class _ResourceEdit(_Resource, PostEditSchema):
    pass


class _PollEdit(_Poll, PostEditSchema):
    is_new = False


class _AnnouncementEdit(_Announcement, PostEditSchema):
    pass


_DRAFTS = {
    "experience": _ExperienceDraft,
    "resource": _ResourceDraft,
    "poll": _PollDraft,
    "announcement": _AnnouncementDraft,
}
_EDITS = {
    "experience": _ExperienceEdit,
    "resource": _ResourceEdit,
    "poll": _PollEdit,
    "announcement": _AnnouncementEdit,
}


def draft_schema(typed: Mapping[str, str]) -> PostDraftSchema:
    """Return what reads a new contribution of the kind that a form names."""
    return _chosen(_DRAFTS, PostDraftSchema, typed.get("kind"), typed)()


def edit_schema(kind: str, typed: Mapping[str, str]) -> PostEditSchema:
    """Return what reads new words for a contribution of this kind."""
    return _chosen(_EDITS, PostEditSchema, kind, typed)()


def _chosen(schemas: Mapping[str, type], usual: type, kind: str | None, typed: Mapping[str, str]) -> type:
    # Scripts tell an experience in one text: it is accepted, and shown, as it is.
    if kind == "experience" and not any(name in typed for name in EXPERIENCE_PARTS) and typed.get("body"):
        return usual
    return schemas.get(kind or "", usual)


class IdeaDecisionSchema(Form):
    """What staff say of an idea."""

    state = fields.String(
        required=True,
        validate=OneOf(IDEA_STATES, error="unknown"),
        error_messages={"required": "unknown", "null": "unknown"},
    )
    reason = Words(limit=REASON_LIMIT)

    @post_load
    def make_decision(self, data: dict[str, Any], **kwargs: Any) -> IdeaDecision:
        return IdeaDecision(data["state"], data["reason"] or None)
