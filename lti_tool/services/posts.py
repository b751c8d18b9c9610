"""Posts: open, edit, delete, and their history; threads are read by services/threads."""

from datetime import datetime

from sqlalchemy import select

from lti_tool.errors import NotFound
from lti_tool.extensions import db
from lti_tool.models import Post, PostKind
from lti_tool.permissions import Act
from lti_tool.services import (
    attachments,
    cases,
    changes,
    charters,
    contributions,
    filing,
    held,
    histories,
    kinds,
    mentions,
    people,
    prompts,
    publishing,
    subgroups,
    writing_limits,
)
from lti_tool.services.acting import ActingMember
from lti_tool.services.contributions import DOUBLE_CLICK, PostCard, PostDraft, PostEdit
from lti_tool.services.histories import History


def write(member: ActingMember, draft: PostDraft, now: datetime) -> Post:
    """Open a post in the member's community, let the others know, and note the fact for grading.

    :raises Unfit: it answers a prompt that takes no answers, or is for a sub-group that takes none of it; or
        they wrote as much as one member may, or have not accepted the charter.
    """
    member.must(Act.WRITE_POST)
    changes.in_order(member)
    charters.must_be_accepted(member, draft.charter, now)
    draft = kinds.worded(member, draft, now)
    if draft.prompt is not None:
        prompts.must_take_answers(member, draft.prompt, now)
    if draft.subgroup is not None:
        subgroups.must_take_posts(member, draft.subgroup)
    draft = mentions.settled(member, draft, now, subgroup_id=draft.subgroup)
    twin = _just_written(member, draft, now)
    if twin is not None:
        return twin
    writing_limits.must_not_be_beyond(member, now)
    post = Post(
        community_id=member.community.id,
        author_id=member.id,
        kind=PostKind(draft.kind),
        title=draft.title,
        body=draft.body,
        parts=draft.parts,
        comment_count=0,
        created_at=now,
        edit_count=0,
        last_activity_at=now,
        last_activity_by_id=member.id,
        prompt_id=draft.prompt,
        subgroup_id=draft.subgroup,
    )
    db.session.add(post)
    db.session.flush()
    kinds.opened(member, post, draft.own, now)
    attachments.claim(member, draft.attachments, post, None, now)
    filing.put(member, post, draft.topic, draft.tags)
    publishing.published(member, post, None, now)
    return post


def _just_written(member: ActingMember, draft: PostDraft, now: datetime) -> Post | None:
    wanted = select(Post).where(
        Post.community_id == member.community.id,
        Post.author_id == member.id,
        Post.created_at > now - DOUBLE_CLICK,
        Post.kind == PostKind(draft.kind),
        Post.title == draft.title,
        Post.body == draft.body,
        Post.prompt_id.is_(None) if draft.prompt is None else Post.prompt_id == draft.prompt,
        Post.subgroup_id.is_not_distinct_from(draft.subgroup),
        Post.opens_prompt.is_(None),
        Post.deleted_at.is_(None),
    )
    return db.session.scalars(wanted.limit(1)).one_or_none()


def edit(member: ActingMember, post_id: int, draft: PostEdit, now: datetime) -> Post:
    """Give one's own post new words; the old ones stay in its history.

    Here and below whoever may reply may change what is theirs: staff may have made a post of a reply, and a
    guest may have written posts before the community decided otherwise.

    :raises Stale: it was edited since the form was opened.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    contributions.own(member, post)
    with held.laid_open(post):
        changed = _reword(member, post, draft, now)
    if changed and post.hidden_at is not None:
        cases.author_edited(member, post, None, now)
    return post


def _reword(member: ActingMember, post: Post, draft: PostEdit, now: datetime) -> bool:
    """Put other words in the place of those of a post; tell whether they differ."""
    draft = kinds.worded_anew(post, draft)
    before = mentions.texts_of(post)
    draft = mentions.settled(member, draft, now, subgroup_id=post.subgroup_id, before=before)
    kinds.rearranged(member, post, draft.own, now)
    other_files = attachments.claim(member, draft.attachments, post, None, now)
    reworded = (post.title, post.body, post.parts) != (draft.title, draft.body, draft.parts)
    if reworded or other_files:
        contributions.unchanged_since(post, draft.version)
    refiled = filing.put(member, post, draft.topic, draft.tags)
    if not reworded and not other_files:
        if refiled:
            publishing.refiled(post)
        return False
    contributions.keep_wording(member, post, now)
    post.title, post.body, post.parts = draft.title, draft.body, draft.parts
    post.edited_at, post.edit_count = now, post.edit_count + 1
    publishing.reworded(member, post, None, now)
    return True


def delete(member: ActingMember, post_id: int, now: datetime) -> bool:
    """Take one's own post back. The replies of others stay; the words leave every page.

    With the post that opens a prompt the prompt is withdrawn.

    :returns: whether it can be brought back.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    if post.deleted_at is not None and post.hidden_at is None and post.author_id == member.id:
        return not post.opens_prompt
    contributions.own(member, post)
    if post.hidden_at is not None:
        held.give_up(post, now)
        publishing.given_up(member, post, None, now)
        cases.author_deleted(member, post, None, now)
        return False
    if post.opens_prompt:
        prompts.withdraw_with_post(member, post, now)
    contributions.take_back(member, post, now)
    return not post.opens_prompt


def restore(member: ActingMember, post_id: int, now: datetime) -> Post:
    """Bring back one's own post with its words; nothing happens when it stands already.

    :raises NotFound: no such post here, it was deleted too long ago, or a prompt was withdrawn with it.
    :raises Stale: its sub-group was closed meanwhile.
    """
    member.must(Act.WRITE_COMMENT)
    changes.in_order(member)
    post = contributions.post_here(member, post_id, now, locked=True)
    if post.deleted_at is not None and post.opens_prompt:
        raise NotFound("deleted-for-good")
    if post.deleted_at is not None or post.author_id != member.id:
        contributions.bring_back(member, post, post, now)
        publishing.brought_back(member, post, None, now)
    return post


def card(member: ActingMember, post_id: int, now: datetime) -> PostCard:
    """Return a post that stands, as lists show it. Two statements.

    :raises NotFound: no such post here, or it was deleted.
    """
    member.must(Act.READ)
    post = contributions.post_with_author(member, post_id, now)
    if post.deleted_at is not None:
        raise NotFound()
    return contributions.card(post, people.described([post.author], now)[post.author_id], member, now)


def to_edit(member: ActingMember, post_id: int, now: datetime) -> Post:
    """Return one's own post, to be edited."""
    member.must(Act.WRITE_COMMENT)
    post = contributions.post_here(member, post_id, now)
    contributions.own(member, post)
    return held.to_read(post)


def history(member: ActingMember, post_id: int, before: int, now: datetime) -> tuple[PostCard, History]:
    """Return a post and its wordings with numbers below `before`, newest first; 0: the newest ones."""
    member.must(Act.READ)
    post = contributions.post_with_author(member, post_id, now)
    if post.deleted_at is not None:
        raise NotFound()
    author = people.described([post.author], now)[post.author_id]
    return contributions.card(post, author, member, now), histories.history_of(post, author, before)
