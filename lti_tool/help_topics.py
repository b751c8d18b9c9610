"""Which section of which guide helps on which page."""

from flask import request

from lti_tool.services import help_pages

# Blueprint, or one end point of it, to guide and section.
TOPICS = {
    "activities": ("trainer", "content"),
    "assessment": ("trainer", "one-learner"),
    "audit": ("trainer", "audit"),
    "columns": ("trainer", "columns"),
    "comments": ("learner", "contribute"),
    "courses": ("trainer", "courses"),
    "connection": ("trainer", "not-arriving"),
    "discussions": ("learner", "find"),
    "dividing": ("trainer", "groups"),
    "drafts": ("learner", "nothing-lost"),
    "evidence": ("trainer", "take-along"),
    "files": ("learner", "files"),
    "grading": ("trainer", "send"),
    "guests": ("trainer", "guests"),
    "helping": ("learner", "help-one-another"),
    "home": ("learner", "home"),
    "kinds": ("learner", "contribute"),
    "mails": ("learner", "told"),
    "life": ("trainer", "lead"),
    "marking": ("trainer", "one-learner"),
    "members": ("learner", "people"),
    "my_data": ("learner", "my-data"),
    "moderation": ("community-manager", "moderation"),
    "moderation.report_comment": ("learner", "reporting"),
    "moderation.report_post": ("learner", "reporting"),
    "notifications": ("learner", "told"),
    "overrides": ("trainer", "permissions"),
    "own_calendar": ("learner", "told"),
    "push": ("learner", "told"),
    "participation": ("learner", "score"),
    "people": ("learner", "people"),
    "policies": ("trainer", "rules"),
    "posts": ("learner", "contribute"),
    "posts.show": ("learner", "help-one-another"),
    "profile": ("learner", "people"),
    "prompts": ("learner", "contribute"),
    "prompts.edit": ("trainer", "prompts"),
    "questions": ("learner", "score"),
    "reactions": ("learner", "help-one-another"),
    "reading": ("learner", "find"),
    "search": ("learner", "find"),
    "shared": ("learner", "sponsors"),
    "space": ("trainer", "lead"),
    "space.charter": ("learner", "first-visit"),
    "space.charter_versions": ("learner", "first-visit"),
    "space.welcome": ("learner", "first-visit"),
    "subgroups": ("learner", "people"),
    "threads": ("community-manager", "order"),
    "topics": ("trainer", "lead"),
}


def topic_of(endpoint: str) -> tuple[str, str] | None:
    """Return guide and section for an end point; None where a page has no help of its own."""
    return TOPICS.get(endpoint) or TOPICS.get(endpoint.partition(".")[0])


def here() -> tuple[str, str | None]:
    """Return what helps on the page that is being made: a guide, and a section of it if one fits."""
    return topic_of(request.endpoint or "") or (help_pages.GUIDES[0], None)
