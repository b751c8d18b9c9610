"""Our own pages around theirs: somebody opens a unit, an author opens Studio, a test sets things up."""

import json
from datetime import datetime

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from lti_consumer.api import get_lti_1p3_launch_info
from lti_consumer.models import CourseAllowPIISharingInLTIFlag, LtiAgsLineItem, LtiAgsScore, LtiDlContentItem
from opaque_keys.edx.keys import UsageKey

from campus import blocks
from campus.models import Block, Course, Enrolment, ExternalId, Grade, Profile

# What their xblock_lti_consumer.js does by jQuery, for the three ways in which an author may show a tool.
SCRIPT = """
const inline = document.getElementById("lti-iframe-container");
if (inline) inline.querySelector("iframe").src = inline.dataset.target;
for (const button of document.querySelectorAll(".btn-lti-new-window"))
  button.onclick = () => window.open(button.dataset.target);
for (const button of document.querySelectorAll(".btn-lti-modal"))
  button.onclick = () => {
    const modal = document.getElementById(button.dataset.target.slice(1));
    modal.querySelector("iframe").src = modal.dataset.launchUrl;
  };
"""
PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>{body}<script>{script}</script>"
)


def unit(request: HttpRequest, username: str, usage_key: str) -> HttpResponse:
    """Sign somebody in and show them the unit with the block, as the block itself writes it."""
    block = blocks.load(UsageKey.from_string(usage_key), _signed_in(request, username))
    body = block.student_view({}).content
    return HttpResponse(PAGE.format(title=block.display_name, body=body, script=SCRIPT))


def studio(request: HttpRequest, username: str, usage_key: str) -> HttpResponse:
    """Sign an author in and show what Studio shows: the values for the tool, the way to choose content."""
    block = blocks.load(UsageKey.from_string(usage_key), _signed_in(request, username))
    values = get_lti_1p3_launch_info(block.get_lti_1p3_launch_data())
    return JsonResponse({name: str(value) if value else None for name, value in values.items()})


def _signed_in(request: HttpRequest, username: str):
    user = get_user_model().objects.get(username=username)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return user


@csrf_exempt
def courses(request: HttpRequest) -> HttpResponse:
    """Open a course with people in it: {key, name, people: {username: {name, role}}, share_personal_data}."""
    given = json.loads(request.body)
    course = Course.objects.create(
        key=given["key"], name=given["name"], member_limit=given.get("member_limit")
    )
    people = given["people"]
    users = get_user_model()
    users.objects.bulk_create(users(username=name, email=f"{name}@campus.example") for name in people)
    made = {user.username: user for user in users.objects.filter(username__in=people)}
    Profile.objects.bulk_create(Profile(user=made[name], name=one["name"]) for name, one in people.items())
    Enrolment.objects.bulk_create(
        Enrolment(user=made[name], course=course, role=one["role"]) for name, one in people.items()
    )
    CourseAllowPIISharingInLTIFlag.objects.create(course_id=course.key, enabled=bool(given.get("share")))
    return JsonResponse({})


@csrf_exempt
def enrol(request: HttpRequest, usage_key: str) -> HttpResponse:
    """Enrol one more learner in the block's course: {username, name}."""
    given = json.loads(request.body)
    user = get_user_model().objects.create(username=given["username"], email="late@campus.example")
    Profile.objects.create(user=user, name=given["name"])
    Enrolment.objects.create(user=user, course=Block.objects.get(usage_key=usage_key).course, role="student")
    return JsonResponse({})


@csrf_exempt
def stamps(request: HttpRequest, usage_key: str) -> HttpResponse:
    """Date every score of the block {moment}, as if another program had sent it then."""
    scores = LtiAgsScore.objects.filter(line_item__lti_configuration__location=usage_key)
    scores.update(timestamp=datetime.fromisoformat(json.loads(request.body)["moment"]))
    return JsonResponse({})


@csrf_exempt
def block(request: HttpRequest, usage_key: str) -> HttpResponse:
    """POST: set fields of a block, which is made when new. GET: what the LMS holds for it."""
    if request.method == "POST":
        given = json.loads(request.body)
        course = Course.objects.get(key=str(UsageKey.from_string(usage_key).course_key))
        stored, _ = Block.objects.get_or_create(usage_key=usage_key, course=course)
        stored.fields = stored.fields | given
        stored.save()
        return JsonResponse(stored.fields)
    return JsonResponse(_held(usage_key))


def _held(usage_key: str) -> dict:
    items = LtiAgsLineItem.objects.filter(lti_configuration__location=usage_key).order_by("pk")
    scores = LtiAgsScore.objects.filter(line_item__in=items)
    grades = Grade.objects.filter(block__usage_key=usage_key).select_related("user")
    content = LtiDlContentItem.objects.filter(lti_configuration__location=usage_key).order_by("pk")
    names = {
        str(one.external_user_id): one.user.username for one in ExternalId.objects.select_related("user")
    }
    return {
        "subs": {name: sub for sub, name in names.items()},
        "line_items": [
            {
                "link": str(one.resource_link_id),
                "label": one.label,
                "maximum": one.score_maximum,
                "tag": one.tag,
                "resource_id": one.resource_id,
            }
            for one in items
        ],
        "scores": {
            names[one.user_id]: {
                "given": one.score_given,
                "maximum": one.score_maximum,
                "timestamp": one.timestamp.isoformat(),
                "grading_progress": one.grading_progress,
            }
            for one in scores
        },
        "grades": {one.user.username: [one.value, one.maximum] for one in grades},
        "content": [{"type": one.content_type, **one.attributes} for one in content],
    }
