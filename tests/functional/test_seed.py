"""What a seeded database counts is what is in it, as services would have counted it."""

from sqlalchemy import func, select

from lti_tool import clock
from lti_tool.models import Comment, Post, Reaction
from lti_tool.services import seed
from lti_tool.transactions import transaction

SOME = seed.Plan(communities=1, contributions=200, largest=200, members=12)
COUNTS = ("comment_count", "answer_count", "helped_count", "thread_helped_count", "met_count", "vote_count")


def counted(session) -> dict[int, dict[str, int]]:
    """Count again, from the rows themselves, what each post says of itself."""
    found = {post.id: dict.fromkeys(COUNTS, 0) for post in session.scalars(select(Post))}
    authors = dict(map(tuple, session.execute(select(Post.id, Post.author_id))))
    for reply in session.scalars(select(Comment)):
        found[reply.post_id]["comment_count"] += 1
        found[reply.post_id]["answer_count"] += reply.author_id != authors[reply.post_id]
    for said in session.scalars(select(Reaction)):
        if said.comment_id is None:
            found[said.post_id][f"{said.kind.value}_count"] += 1
        if said.kind.value == "helped":
            found[said.post_id]["thread_helped_count"] += 1
    return found


def test_counts_what_is_there(world):
    with world.app.app_context():
        for _ in seed.fill(SOME, clock.now(), transaction):
            pass
    with world.database() as session:
        posts = {
            one.id: {name: getattr(one, name) for name in COUNTS} for one in session.scalars(select(Post))
        }
        assert posts == counted(session)
        assert max(one["thread_helped_count"] for one in posts.values()) > 1
        of_replies = select(func.count()).where(Reaction.comment_id == Comment.id, Reaction.kind == "helped")
        differing = select(Comment.id).where(Comment.helped_count != of_replies.scalar_subquery())
        assert session.scalars(differing).all() == []
