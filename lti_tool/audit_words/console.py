"""What concerns LMSs, their connection and the installation, in words."""

from collections.abc import Iterator

from flask_babel import gettext

from lti_tool.audit_words.sentences import Sentence, Teller, Telling, plain, role, ungettext


def _added(told: Telling) -> Sentence:
    words = gettext("%(who)s connected the platform %(what)s: %(issuer)s, client %(client)s.")
    return told.say(words, issuer=told.text("issuer"), client=told.text("client_id"))


def _registered(told: Telling) -> Sentence:
    words = gettext("The platform %(what)s registered itself from %(host)s, by an invitation.")
    return told.say(words, host=told.text("host"))


def _registered_again(told: Telling) -> Sentence:
    words = gettext("The platform %(what)s registered itself once more from %(host)s, by an invitation.")
    return told.say(words, host=told.text("host"))


def _policy(told: Telling) -> Sentence:
    words = gettext(
        "%(who)s changed which deployments of %(what)s are accepted: %(after)s instead of %(before)s."
    )
    return told.say(
        words, after=_policy_name(told.detail.get("after")), before=_policy_name(told.detail.get("before"))
    )


def _policy_name(code: object) -> str:
    names = {
        "strict": gettext("none by itself"),
        "first": gettext("the first by itself"),
        "automatic": gettext("all by themselves"),
    }
    return names.get(str(code), str(code))


def _origin_allowed(told: Telling) -> Sentence:
    words = gettext("%(who)s allowed pages of %(origin)s to frame what %(what)s opens.")
    return told.say(words, origin=told.text("origin"))


def _origin_withdrawn(told: Telling) -> Sentence:
    words = gettext("%(who)s no longer allows pages of %(origin)s to frame what %(what)s opens.")
    return told.say(words, origin=told.text("origin"))


def _succeeded(told: Telling) -> Sentence:
    words = gettext("%(who)s had the platform %(what)s succeeded by %(successor)s.")
    return told.say(words, successor=_successor(told))


def _succession_undone(told: Telling) -> Sentence:
    words = gettext("%(who)s undid that the platform %(what)s was succeeded by %(successor)s.")
    return told.say(words, successor=_successor(told))


def _successor(told: Telling) -> object:
    number = told.detail.get("successor")
    return told.thing("platform", number) if isinstance(number, int) else "–"


def _role_rules(told: Telling) -> Sentence:
    words = gettext(
        "%(who)s changed the role rules of the deployment %(what)s; they are version %(version)s now."
    )
    return told.say(words, version=told.text("version"))


def _new_administrator(told: Telling) -> Sentence:
    if told.detail.get("operator"):
        return told.say(gettext("%(who)s invited %(what)s as an operator."))
    return told.say(gettext("%(who)s invited %(what)s as an administrator."))


def _rotated(told: Telling) -> Sentence:
    return told.say(gettext("%(who)s made a new signing key (%(what)s)."))


def _encrypted(told: Telling) -> Sentence:
    number = told.number("count")
    words = ungettext(
        "%(who)s had %(number)s secret encrypted anew.",
        "%(who)s had %(number)s secrets encrypted anew.",
        number,
    )
    return told.say(words, number=number)


SENTENCES: dict[str, Teller] = {
    "platform.added": _added,
    "platform.invited": plain(lambda: gettext("%(who)s invited the platform “%(what)s” to register.")),
    "platform.invitation-withdrawn": plain(
        lambda: gettext("%(who)s withdrew the invitation of the platform “%(what)s”.")
    ),
    "platform.registered": _registered,
    "platform.registered-again": _registered_again,
    "platform.deployment-policy": _policy,
    "platform.origin-allowed": _origin_allowed,
    "platform.origin-withdrawn": _origin_withdrawn,
    "platform.suspended": plain(lambda: gettext("%(who)s paused the platform %(what)s.")),
    "platform.resumed": plain(lambda: gettext("%(who)s let the platform %(what)s launch again.")),
    "platform.removed": plain(lambda: gettext("%(who)s removed the platform %(what)s.")),
    "platform.succeeded": _succeeded,
    "platform.succession-undone": _succession_undone,
    "deployment.approved": plain(lambda: gettext("%(who)s accepted the deployment %(what)s.")),
    "deployment.refused": plain(lambda: gettext("%(who)s refused the deployment %(what)s.")),
    "deployment.described": plain(
        lambda: gettext("%(who)s changed the name or the organisation of the deployment %(what)s.")
    ),
    "deployment.role-rules": _role_rules,
    "course.joined-space": plain(
        lambda: gettext("%(who)s decided that the course %(what)s goes on in a space that was there.")
    ),
    "course.new-space": plain(lambda: gettext("%(who)s decided that the course %(what)s has a new space.")),
    "administrator.added": _new_administrator,
    "administrator.disabled": plain(lambda: gettext("%(who)s disabled the account of %(what)s.")),
    "administrator.organisation-withdrawn": plain(
        lambda: gettext("%(who)s withdrew an organisation from %(what)s.")
    ),
    "administrator.signed-in": plain(lambda: gettext("%(who)s signed in.")),
    "administrator.factor-on": plain(lambda: gettext("%(who)s switched the second factor on.")),
    "administrator.factor-off": plain(lambda: gettext("%(who)s switched the second factor off.")),
    "administrator.factor-reset": plain(lambda: gettext("%(who)s reset the second factor of %(what)s.")),
    "administrator.factor-failed": plain(
        lambda: gettext("Too many wrong codes were typed for the account of %(what)s; the sign-in was ended.")
    ),
    "keys.rotated": _rotated,
    "keys.encrypted-anew": _encrypted,
}


def _moves(told: Telling) -> Iterator[Sentence]:
    """Say whose roles other rules changed: how many, from what to what."""
    for move in told.detail.get("moves") or () if told.entry.act == "deployment.role-rules" else ():
        before, after, number = move
        words = ungettext(
            "%(number)s person: %(after)s instead of %(before)s",
            "%(number)s people: %(after)s instead of %(before)s",
            number,
        )
        yield Sentence(words, {"number": number, "after": role(after), "before": role(before)})


def _moved(told: Telling) -> Iterator[Sentence]:
    """Say how much a platform that was removed or succeeded had."""
    if told.entry.act.startswith("platform.suc") or told.entry.act == "platform.removed":
        values = {"courses": told.detail.get("courses"), "people": told.detail.get("people")}
        if None not in values.values():
            yield Sentence(gettext("Courses: %(courses)s, people: %(people)s"), values)


NOTES = (_moves, _moved)
