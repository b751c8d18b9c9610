"""Texts that somebody may begin with, in the language of whoever writes."""

from flask_babel import force_locale, gettext

from lti_tool.services.acting import ActingMember


def hello(member: ActingMember) -> dict[str, str]:
    """Return title and text by which a newcomer may say hello; every word of it is theirs to change."""
    name = member.membership.pseudonym or member.user.given_name or member.user.name
    title = gettext("Hello, I am %(name)s", name=name) if name else gettext("Hello")
    lines = (
        gettext("What I do: …"),
        gettext("What I would like to learn here: …"),
        gettext("What you can ask me about: …"),
    )
    return {"title": title[:140], "body": "\n\n".join(lines)}


def charter(language: str) -> str:
    """Return a charter to begin with, in a language."""
    with force_locale(language):
        return "\n\n".join(
            (
                gettext(
                    "**What is said here stays here.** We do not name people, teams or companies outside."
                ),
                gettext("**Every question is welcome.** Nobody has to apologise for asking."),
                gettext(
                    "**We speak from experience:** what we tried, what came of it, what we would do again."
                ),
                gettext("**We disagree about ideas, not about people.**"),
                gettext("**Who was helped says so,** and tells what came of it."),
            )
        )
