"""Posting our registration to an LMS and reading its answer (LTI Dynamic Registration 1.0, section 4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lti_tool import settings
from lti_tool.errors import ServiceProblem, ServiceRefused
from lti_tool.lti import addresses, host_slots, registration_refusals
from lti_tool.lti.host_slots import Transaction
from lti_tool.lti.http import OutboundClient, outbound_client
from lti_tool.lti.openid_configuration import SIZE_LIMIT, PlatformConfiguration, authorised
from lti_tool.lti.products import TOOL_CONFIGURATION, Tool, request_body
from lti_tool.lti.registration_refusals import RegistrationRefused
from lti_tool.lti.service_answers import content_of
from lti_tool.lti.texts import clean, identifier

# An administrator waits for the page: shorter than what deliveries allow themselves, in seconds.
_CONNECT_SECONDS, _READ_SECONDS, _TOTAL_SECONDS = 5, 15, 25
_LONGEST_SCOPE = 4000


@dataclass(frozen=True)
class Registered:
    """What the LMS agreed to. `scope` is what it says it granted: its token end point tells the truth."""

    client_id: str
    deployment_id: str | None
    scope: str | None
    client_uri: str | None


def patient_client() -> OutboundClient:
    """A client that waits as long as somebody in front of a page does; close it at the end."""
    return outbound_client(_CONNECT_SECONDS, _READ_SECONDS, _TOTAL_SECONDS)


def register(
    tool: Tool,
    configuration: PlatformConfiguration,
    token: str | None,
    client: OutboundClient,
    now: Callable[[], datetime],
    transaction: Transaction,
) -> Registered:
    """Post our registration from a place at the LMS's host; no transaction may be open meanwhile.

    :param token: sent along as the LMS gave it, kept nowhere.
    :raises RegistrationRefused: with one of `registration_refusals.CODES`, the LMS's own words in `words`.
    """
    headers = {"Accept": "application/json", **authorised(token)}
    limit = settings.current().outbound_per_host
    try:
        with host_slots.held(configuration.registration_url, host_slots.INTERACTIVE, limit, now, transaction):
            answer = client.request(
                "POST",
                configuration.registration_url,
                headers=headers,
                json=request_body(tool, configuration),
                size_limit=SIZE_LIMIT,
            )
    except ServiceProblem as problem:
        was_our_turn = problem.code != host_slots.HOST_BUSY
        raise registration_refusals.of_call(problem, after_sending=was_our_turn) from problem
    if problem := registration_refusals.of_answer(answer):
        raise problem
    try:
        return read(content_of(answer))
    except ServiceRefused as unreadable:
        raise RegistrationRefused("answer-unreadable", unreadable.words) from unreadable


def read(content: object) -> Registered:
    """Take out of an answer what we keep.

    :raises RegistrationRefused: `answer-unreadable`, `client-id-missing`.
    """
    if not isinstance(content, Mapping):
        raise RegistrationRefused("answer-unreadable")
    client_id = identifier(_text(content.get("client_id")))
    if client_id is None:
        raise RegistrationRefused("client-id-missing")
    told = content.get(TOOL_CONFIGURATION)
    told = told if isinstance(told, Mapping) else {}
    return Registered(
        client_id=client_id,
        deployment_id=identifier(_text(told.get("deployment_id"))),
        scope=clean(content.get("scope"), _LONGEST_SCOPE),
        client_uri=addresses.web_url(content.get("registration_client_uri")),
    )


def _text(value: object) -> object:
    """An id as text: some LMSs send their numbers as numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value
