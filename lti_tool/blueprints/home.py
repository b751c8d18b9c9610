"""The home of a community, what changed since it was opened, and the lobby for those who only pass by."""

from functools import cache
from zoneinfo import available_timezones

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.services import (
    changes,
    feed,
    kept_texts,
    member_list,
    participation,
    preferences,
    prompt_views,
    questions,
)

bp = community_blueprint("home", __name__)


@bp.get("/")
def index(member):
    now = clock.now()
    if not member.may(Act.READ):
        staff = member_list.staff_of(member, now)
        return render_template("home/lobby.html", staff=staff, role=member.role.value)
    home = feed.home(member, request.args.get("filter", "all"), request.args.get("before"), now)
    grading = participation.at_a_glance(member, now)
    ask_zone = member.may(Act.SET_ZONE) and member.community.time_zone_confirmed_at is None
    return render_template(
        "home/index.html",
        feed=home.feed,
        waiting=home.waiting,
        cursor=home.cursor,
        first_steps=home.empty,
        kept=kept_texts.kept_for(member, now),
        ask_zone=ask_zone,
        zones=_zones() if ask_zone else [],
        progress=grading.progress,
        to_send=grading.to_send,
        grading_on=grading.on,
        prompts=prompt_views.next_prompts(member, now),
        answered=grading.progress is not None and questions.answered_lately(member, now),
    )


@cache
def _zones() -> list[str]:
    # Asked once: the standard library walks the files of all zones each time.
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))


@bp.get("/changes", endpoint="changes")
def changes_after(member):
    found = changes.after(member, row_number(request.args.get("after")), clock.now())
    if found is None:
        return "", 304
    return {
        "cursor": found.cursor,
        "new_posts": found.new_posts,
        "new_comments": found.new_comments,
        "posts": found.posts,
    }


@bp.post("/seen")
def seen(member):
    preferences.seen(member, clock.now())
    return "", 204


@bp.post("/zone")
def set_zone(member):
    preferences.set_time_zone(member, request.form.get("time_zone", ""), clock.now())
    return redirect(url_for(".index", done="zone-set"), 303)
