"""A community filled at once, by rows instead of by clicks: what pages cost must not depend on it."""

from datetime import timedelta

from sqlalchemy import insert, select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    Change,
    Comment,
    ContributionFact,
    Course,
    Enrolment,
    Membership,
    MembershipState,
    Post,
    PostKind,
    Role,
    User,
)
from lti_tool.transactions import transaction
from tests.support.world import FRENCH, World


def fill(world: World, members: int, posts: int, comments: int, label: str = "filled") -> None:
    """Add members, their posts, and replies to them, to the community of the French course.

    `label` makes the people others than those of an earlier call.
    """
    with world.app.app_context(), transaction():
        course, community = db.session.execute(
            select(Course.id, Course.community_id).where(Course.context_id == FRENCH)
        ).one()
        people = _members(world.platform_id, community, course, label, members)
        written = _posts(community, people, posts)
        _comments(community, people, written, comments)


def _added(table, rows: list[dict]) -> list[int]:
    return list(db.session.scalars(insert(table).returning(table.id), rows))


def _members(platform: int, community: int, course: int, label: str, count: int) -> list[int]:
    now = clock.now()
    users = [
        {"platform_id": platform, "sub": f"{label}-{number}", "name": f"Person {number}", "created_at": now}
        for number in range(count)
    ]
    ids = _added(User, users)
    enrolled = {
        "course_id": course,
        "launch_roles": [],
        "launch_role": Role.LEARNER,
        "launched_at": now,
        "active": True,
        "test_user": False,
        "created_at": now,
    }
    _added(Enrolment, [{"user_id": user} | enrolled for user in ids])
    joined = {"community_id": community, "state": MembershipState.ACTIVE, "joined_at": now}
    return _added(Membership, [{"user_id": user} | joined for user in ids])


def _posts(community: int, people: list[int], count: int) -> list[int]:
    rows = []
    for number in range(count):
        author = people[number % len(people)]
        at = clock.now() - timedelta(hours=3) + timedelta(seconds=number)
        rows.append(
            {
                "community_id": community,
                "author_id": author,
                "kind": PostKind.QUESTION if number % 2 else PostKind.DISCUSSION,
                "title": f"Title {number}",
                "body": f"Body {number}",
                "comment_count": 0,
                "created_at": at,
                "edit_count": 0,
                "last_activity_at": at,
                "last_activity_by_id": author,
                "waits_since": at if number % 2 else None,
            }
        )
    ids = _added(Post, rows)
    for kind, table in (("post", ContributionFact), ("change", Change)):
        _added(
            table,
            [_noted(kind, community, row["author_id"], post) for row, post in zip(rows, ids, strict=True)],
        )
    return ids


def _noted(kind: str, community: int, author: int, post: int) -> dict:
    shared = {"community_id": community, "actor_id": author, "post_id": post, "at": clock.now()}
    if kind == "change":
        return shared | {"kind": "post.written"}
    return shared | {"member_id": author, "act": "written", "kind": "question", "words": 30, "copied": "0"}


def _comments(community: int, people: list[int], posts: list[int], count: int) -> None:
    rows = [
        {
            "community_id": community,
            # Half of them under the first post: a long thread.
            "post_id": posts[0] if number % 2 else posts[number % len(posts)],
            "author_id": people[(number * 7 + 1) % len(people)],
            "body": f"Reply {number}",
            "created_at": clock.now() - timedelta(hours=1) + timedelta(seconds=number),
            "edit_count": 0,
        }
        for number in range(count)
    ]
    _added(Comment, rows)
