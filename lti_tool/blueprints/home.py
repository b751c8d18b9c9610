"""The home of a community, what changed since it was opened, and the lobby for those who only pass by."""

from flask import redirect, render_template, request, url_for

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.permissions import Act
from lti_tool.schemas.fields import row_number
from lti_tool.services import (
    announcements,
    changes,
    charters,
    feed,
    first_visit,
    helping,
    kept_texts,
    kinds,
    life,
    local_times,
    member_list,
    notifications,
    part_entry,
    participation,
    preferences,
    prompt_views,
    questions,
    rules,
    today,
)

bp = community_blueprint("home", __name__)


@bp.get("/")
def index(member):
    now = clock.now()
    if not member.may(Act.READ):
        staff = member_list.staff_of(member, now)
        if life.waits_outside(member):
            return _not_now(member, staff)
        return render_template("home/lobby.html", staff=staff, role=member.role.value)
    home = feed.home(member, request.args.get("filter", "all"), request.args.get("before"), now)
    pinned = announcements.pinned(member, now)
    on_top = {post.id for post in pinned}
    by = rules.in_force(member.community.id)
    grading = participation.at_a_glance(member, by, now)
    ask_zone = member.may(Act.SET_ZONE) and member.community.time_zone_confirmed_at is None
    return render_template(
        "home/index.html",
        feed=home.feed,
        shown_at=now,
        help=helping.at_home(member, now),
        told=[line for line in notifications.at_home(member, now) if line.post_id not in on_top],
        welcome=first_visit.welcome(member, now) if first_visit.is_new(member) else None,
        charter=charters.to_accept(member) if member.may(Act.WRITE_COMMENT) else None,
        today=today.today(member, by, now),
        cursor=home.cursor,
        pinned=pinned,
        beside=kinds.beside(member, home.feed.posts, now),
        first_steps=home.empty,
        preparations=first_visit.preparations(member) if home.empty else None,
        kept=kept_texts.kept_for(member, now),
        spaces=part_entry.spaces_of(member),
        ask_zone=ask_zone,
        zones=local_times.zones() if ask_zone else [],
        progress=grading.progress,
        to_send=grading.to_send,
        grading_on=grading.on,
        prompts=prompt_views.next_prompts(member, now),
        answered=grading.progress is not None and questions.answered_lately(member, now),
    )


def _not_now(member, staff):
    """Say to somebody who would read here when it opens, or that it was emptied."""
    at = life.notice(member.community, clock.now())
    return render_template(
        "life/waiting.html", staff=staff, opens_at=at.at, emptied=at.code in ("purging", "purged")
    )


@bp.get("/changes", endpoint="changes")
def changes_after(member):
    found = changes.after(member, row_number(request.args.get("after")), clock.now())
    if found is None:
        return "", 304
    return {
        "cursor": found.cursor,
        "new_posts": found.new_posts,
        "new_comments": found.new_comments,
        "kinds": found.kinds,
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
