"""The acts that a community may decide about, in words: for its page of permissions and for its audit log."""

from flask import Flask
from flask_babel import gettext

from lti_tool.permissions import OVERRIDABLE, Act


def install(app: Flask) -> None:
    """Give templates the words."""
    app.jinja_env.globals |= {"act_name": act_name, "act_hint": act_hint}


def act_name(code: object) -> str:
    """Return what an act is called, to stand behind "may"."""
    names = {
        Act.WRITE_POST: gettext("write contributions of their own"),
        Act.ACCEPT_ANY: gettext("say which reply solved somebody else’s question"),
        Act.ANNOUNCE: gettext("write announcements, and unpin them"),
        Act.DECIDE_IDEA: gettext("say what becomes of an idea"),
        Act.SET_PROMPT: gettext("set prompts, change and withdraw them"),
        Act.SET_ZONE: gettext("set the time zone"),
        Act.MUTE: gettext("let a member read only, for a time"),
        Act.SEE_VISITS: gettext("see when members were last here"),
        Act.READ_AUDIT: gettext("read the audit log"),
    }
    return names.get(str(code), str(code))


def act_hint(code: object) -> str:
    """Say what stays as it is for those who may not, or what comes with it for those who may."""
    hints = {
        Act.WRITE_POST: gettext("Without it they read and reply. What they have written stays."),
        Act.ACCEPT_ANY: gettext(
            "Whoever asked can always say it. Points come from what the asker says alone."
        ),
        Act.ANNOUNCE: gettext("Announcements stand on top of everybody’s home page, and everybody is told."),
        Act.DECIDE_IDEA: gettext("Everybody sees the state of an idea, and what was said to it."),
        Act.SET_PROMPT: gettext("Prompts that were set stay. Those to come can still be seen."),
        Act.SET_ZONE: gettext("Weeks begin and end at midnight of the time zone."),
        Act.MUTE: gettext(
            "Without it they can still hide what was reported. To end a membership is for others."
        ),
        Act.SEE_VISITS: gettext("It also says who has never come."),
        Act.READ_AUDIT: gettext("It says who decided what. What concerns scores is for trainers alone."),
    }
    return hints.get(str(code), "")


def complete() -> bool:
    """Tell whether every act that can be decided about has its words; a test asks."""
    return all(act_name(act) != act.value and act_hint(act) for act in OVERRIDABLE)
