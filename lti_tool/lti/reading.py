"""From checked claims to a `Launch`: texts cleaned, addresses kept only when they are http or https."""

from lti_tool.lti import addresses, frames, names
from lti_tool.lti.claims import Admission, member_of
from lti_tool.lti.launch import (
    ContentRequest,
    Context,
    ForUser,
    GradeService,
    GroupService,
    Launch,
    Link,
    NoticeService,
)
from lti_tool.lti.masking import masked
from lti_tool.lti.role_rules import rules_of
from lti_tool.lti.roles import is_lms_administrator, is_test_user
from lti_tool.lti.store import LaunchingPlatform
from lti_tool.lti.texts import clean, identifier

# The sizes of the columns that keep these texts.
_NAME, _MAIL, _PICTURE, _LOCALE, _TITLE, _LABEL, _PRODUCT = 200, 320, 1000, 35, 300, 200, 100
_LONGEST_CUSTOM, _MOST_CUSTOM = 2000, 300
_LONGEST_ROLE, _MOST_ROLES = 300, 100
_MOST_GROUPS, _LONGEST_GROUP_NUMBER = 500, 20
_FRAMES = frozenset(("iframe", "frame", "window"))


def launch_from(
    claims: dict,
    platform: LaunchingPlatform,
    admission: Admission,
    *,
    message_type: str,
    content_request: ContentRequest | None = None,
    target: str,
    login_target: str,
) -> Launch:
    """Put the claims of a launch that passed every check into our words."""
    roles = _texts(claims.get(names.ROLES), _LONGEST_ROLE, _MOST_ROLES)
    return_url = return_address(claims)
    grades, custom = _grades(claims), _custom(claims)
    roster_url = member_of(claims, names.ROSTER, "context_memberships_url", addresses.web_url)
    rules = rules_of(platform.role_rules, platform.role_parameters)
    chosen_for = content_request.return_url if content_request else None
    framed = _framed(platform, return_url, grades.line_items_url if grades else None, roster_url, chosen_for)
    return Launch(
        platform_id=platform.id,
        deployment_key=admission.key,
        deployment_id=admission.deployment_id,
        accept_deployment=admission.accept,
        message_type=message_type,
        sub=claims["sub"],
        **_person(claims),
        roles=roles,
        role=rules.role_of(roles, custom),
        test_user=is_test_user(roles),
        context=_context(claims),
        link=_link(claims),
        target_link_uri=target,
        target_differs=target != login_target,
        return_url=return_url,
        document_target=_document_target(claims),
        grades=grades,
        roster_url=roster_url,
        groups=_groups(claims),
        group_numbers=_group_numbers(claims),
        custom=custom,
        notices=_notices(claims),
        for_user=_for_user(claims),
        content_request=content_request,
        product=member_of(
            claims, names.TOOL_PLATFORM, "product_family_code", lambda code: clean(code, _PRODUCT)
        ),
        issuer=platform.issuer,
        client_id=platform.client_id,
        frame_origins=framed.origins,
        masked_claims=masked(claims),
        deciding_custom=rules.kept_of(custom),
        lms_administrator=is_lms_administrator(roles),
        learned_origins=framed.learned,
    )


def _framed(platform: LaunchingPlatform, *named: str | None) -> frames.Frames:
    own = (platform.issuer, platform.auth_url)
    return frames.of_launch(own, named, frames.decided(platform.origins))


def return_address(claims: dict) -> str | None:
    """Where to send people back to (core 5.4.4), when it is a usable http or https address."""
    return member_of(claims, names.PRESENTATION, "return_url", addresses.web_url)


def _person(claims: dict) -> dict[str, str | None]:
    picture = addresses.web_url(claims.get("picture"))
    return {
        "name": clean(claims.get("name"), _NAME),
        "given_name": clean(claims.get("given_name"), _NAME),
        "family_name": clean(claims.get("family_name"), _NAME),
        "email": clean(claims.get("email"), _MAIL),
        "picture": picture if picture and len(picture) <= _PICTURE else None,
        "locale": member_of(claims, names.PRESENTATION, "locale", _locale) or _locale(claims.get("locale")),
    }


def _locale(value: object) -> str | None:
    return clean(value, _LOCALE)


def _context(claims: dict) -> Context | None:
    context_id = member_of(claims, names.CONTEXT, "id", identifier)
    if context_id is None:
        return None
    return Context(
        id=context_id,
        title=member_of(claims, names.CONTEXT, "title", lambda title: clean(title, _TITLE)),
        label=member_of(claims, names.CONTEXT, "label", lambda label: clean(label, _LABEL)),
        types=member_of(claims, names.CONTEXT, "type", lambda types: _texts(types, _LONGEST_ROLE, 20)),
    )


def _link(claims: dict) -> Link | None:
    link_id = member_of(claims, names.RESOURCE_LINK, "id", identifier)
    title = member_of(claims, names.RESOURCE_LINK, "title", lambda words: clean(words, _TITLE))
    return None if link_id is None else Link(link_id, title)


def _grades(claims: dict) -> GradeService | None:
    """None when the LMS offers no address. Moodle sends an empty `lineitem` for an ungraded activity."""
    container = member_of(claims, names.AGS_ENDPOINT, "lineitems", addresses.web_url)
    own = member_of(claims, names.AGS_ENDPOINT, "lineitem", addresses.web_url)
    if container is None and own is None:
        return None
    scopes = member_of(claims, names.AGS_ENDPOINT, "scope", lambda listed: _texts(listed, _LONGEST_ROLE, 20))
    return GradeService(container, own, scopes)


def _groups(claims: dict) -> GroupService | None:
    listed = member_of(claims, names.GROUPS, "context_groups_url", addresses.web_url)
    sets = member_of(claims, names.GROUPS, "context_group_sets_url", addresses.web_url)
    return None if listed is None else GroupService(listed, sets)


def _notices(claims: dict) -> NoticeService | None:
    url = member_of(claims, names.NOTICE_SERVICE, "platform_notification_service_url", addresses.web_url)
    offered = member_of(
        claims, names.NOTICE_SERVICE, "notice_types_supported", lambda said: _texts(said, _LABEL, 50)
    )
    wanted = tuple(kind for kind in names.NOTICES_WANTED if kind in (offered or ()))
    return NoticeService(url, wanted) if url and wanted else None


def _for_user(claims: dict) -> ForUser | None:
    user_id = member_of(claims, names.FOR_USER, "user_id", identifier)
    name = member_of(claims, names.FOR_USER, "name", lambda said: clean(said, _NAME))
    return None if user_id is None else ForUser(user_id, name)


def _group_numbers(claims: dict) -> tuple[str, ...] | None:
    """The numbers in their order, "" is none at all. A variable that was left as it is says nothing."""
    said = member_of(claims, names.CUSTOM, names.GROUP_NUMBERS)
    if not isinstance(said, str):
        return None
    numbers = {number.strip() for number in said.split(",")} if said.strip() else set()
    usable = all(one.isascii() and one.isdecimal() and len(one) <= _LONGEST_GROUP_NUMBER for one in numbers)
    return tuple(sorted(numbers, key=int)) if usable and len(numbers) <= _MOST_GROUPS else None


def _document_target(claims: dict) -> str | None:
    target = member_of(claims, names.PRESENTATION, "document_target")
    return target if isinstance(target, str) and target in _FRAMES else None


def _custom(claims: dict) -> dict[str, str]:
    custom = claims.get(names.CUSTOM)
    if not isinstance(custom, dict):
        return {}
    texts = [(clean(name, _NAME), clean(value, _LONGEST_CUSTOM)) for name, value in custom.items()]
    return {name: value or "" for name, value in texts[:_MOST_CUSTOM] if name and value is not None}


def _texts(value: object, longest: int, most: int) -> tuple[str, ...]:
    """The strings of a list (a lone string counts as one), cleaned; empty and foreign members left out."""
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(text for text in (clean(member, longest) for member in listed[:most]) if text)
