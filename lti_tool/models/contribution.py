"""What people write, what became of it, and the append-only facts that grading reads."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from lti_tool.extensions import Base, UTCDateTime
from lti_tool.models.columns import words
from lti_tool.models.person import Membership
from lti_tool.models.space import Subgroup


class PostKind(StrEnum):
    DISCUSSION = "discussion"
    QUESTION = "question"
    EXPERIENCE = "experience"
    IDEA = "idea"
    RESOURCE = "resource"
    POLL = "poll"
    ANNOUNCEMENT = "announcement"


class IdeaState(StrEnum):
    """What becomes of an idea; staff say it."""

    PROPOSED = "proposed"
    CONSIDERED = "considered"
    RETAINED = "retained"
    DONE = "done"
    DECLINED = "declined"


_UNSOLVED = text("solved_at IS NULL AND waits_since IS NULL AND deleted_at IS NULL")


class Post(Base):
    """Something opened in a community. A deleted or hidden one keeps its row, without its words.

    `body` is all of its words, whatever the kind: what is searched, counted and kept in the history. A form
    of several fields (an experience report) keeps them in `parts` beside it.
    """

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_community_id_created_at", "community_id", "created_at", "id"),
        Index("ix_post_community_id_last_activity_at", "community_id", "last_activity_at", "id"),
        Index("ix_post_community_id_kind", "community_id", "kind", "created_at", "id"),
        Index("ix_post_topic_id_created_at", "topic_id", "created_at", "id"),
        Index("ix_post_subgroup_id_created_at", "subgroup_id", "created_at", "id"),
        Index("ix_post_author_id_created_at", "author_id", "created_at", "id"),
        Index("ix_post_community_id_waits_since", "community_id", "waits_since", "id"),
        Index("ix_post_topic_id_waits_since", "topic_id", "waits_since", "id"),
        Index("ix_post_community_id_thread_helped_count", "community_id", "thread_helped_count", "id"),
        Index("ix_post_community_id_pinned_until", "community_id", "pinned_until"),
        Index("ix_post_link_wanted_at", "link_wanted_at"),
        # Questions with replies none of which was accepted.
        Index(
            "ix_post_unsolved",
            "community_id",
            "kind",
            "created_at",
            "id",
            sqlite_where=_UNSOLVED,
            postgresql_where=_UNSOLVED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    kind: Mapped[PostKind] = mapped_column(words(PostKind, "kind"))
    title: Mapped[str] = mapped_column(String(140))
    body: Mapped[str] = mapped_column(Text)
    comment_count: Mapped[int] = mapped_column(Integer, default=0)  # of comments not deleted
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    edit_count: Mapped[int] = mapped_column(Integer, default=0)
    # Since when it does not stand: its author deleted it, or staff hid it (`hidden_at`, the same moment).
    # What is hidden is gone by the same rule as what is deleted: no page has to know of it.
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_activity_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_activity_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"), index=True)  # set or answered
    opens_prompt: Mapped[bool | None] = mapped_column(Boolean)  # whether it sets it
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    subgroup_id: Mapped[int | None] = mapped_column(ForeignKey("subgroup.id"))  # None: for everybody here
    parts: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))  # the fields of its form, by name
    # Of a question: replies of others that stand, since when it waits for the first of them (None: it does
    # not, or was solved without one), and when a reply was accepted.
    answer_count: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    waits_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    solved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # How many reactions of each kind it has (models.Reaction).
    helped_count: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    met_count: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    # Its own thanks and those of its replies that stand.
    thread_helped_count: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    vote_count: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    idea_state: Mapped[IdeaState | None] = mapped_column(words(IdeaState, "idea_state"))
    idea_reason: Mapped[str | None] = mapped_column(Text)  # what staff say to the state
    idea_decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    idea_decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    pinned_until: Mapped[datetime | None] = mapped_column(UTCDateTime)  # of an announcement
    locked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # staff let nothing new be said under it
    moved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # staff made a reply into it
    # Staff showed others what was written in a sub-group: members, never sponsors.
    left_subgroup_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Of a resource: where it leads, and what a worker read there; `link_wanted_at` is set until it has.
    link_url: Mapped[str | None] = mapped_column(Text)
    link_preview: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    link_wanted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    link_attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))

    author: Mapped[Membership] = relationship(foreign_keys=[author_id])
    # Read with every post, so that no page of many forgets to say who can read it, or asks for each.
    subgroup_name: Mapped[str | None] = column_property(
        select(Subgroup.name).where(Subgroup.id == subgroup_id).scalar_subquery()
    )
    subgroup_closed_at: Mapped[datetime | None] = column_property(
        select(Subgroup.closed_at).where(Subgroup.id == subgroup_id).scalar_subquery()
    )


class Comment(Base):
    """A reply under a post, or under another reply of it: one level, a reply to a reply has none."""

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_community_id_created_at", "community_id", "created_at"),
        Index("ix_comment_post_id_created_at", "post_id", "created_at", "id"),
        Index("ix_comment_post_id_parent_id_created_at", "post_id", "parent_id", "created_at", "id"),
        Index("ix_comment_parent_id_created_at", "parent_id", "created_at", "id"),
        # Only of those that do: SQLite would look through all that solve nothing for the replies of a thread.
        Index(
            "ix_comment_solves_id",
            "solves_id",
            unique=True,
            sqlite_where=text("solves_id IS NOT NULL"),
            postgresql_where=text("solves_id IS NOT NULL"),
        ),
        Index("ix_comment_author_id_created_at", "author_id", "created_at", "id"),
        *(
            Index(
                f"ix_comment_{name}",
                name,
                unique=True,
                sqlite_where=text(f"{name} IS NOT NULL"),
                postgresql_where=text(f"{name} IS NOT NULL"),
            )
            for name in ("became_post_id", "made_of_post_id")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    edit_count: Mapped[int] = mapped_column(Integer, default=0)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # as in Post
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))  # itself without one
    helped_count: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    # The question that it solved: its own post, once its asker or staff have accepted it.
    solves_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    # Staff moved it into this thread: it was written in another one.
    moved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Of what staff split or merged two rows stand, since no number is given twice: the thread that a reply
    # became (the reply is then an empty place), and the thread that this reply was (which is then empty).
    became_post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    made_of_post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))

    author: Mapped[Membership] = relationship(foreign_keys=[author_id])
    post: Mapped[Post] = relationship(foreign_keys=[post_id])


class Revision(Base):
    """The text that an edit replaced, or that a hidden contribution will have again.

    Exactly one of post and comment is set.
    """

    __tablename__ = "revision"
    __table_args__ = (
        Index("ix_revision_post_id", "post_id", "id"),
        Index("ix_revision_comment_id", "comment_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"))
    title: Mapped[str | None] = mapped_column(String(140))
    body: Mapped[str] = mapped_column(Text)
    parts: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    replaced_at: Mapped[datetime] = mapped_column(UTCDateTime)
    replaced_by_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)

    replaced_by: Mapped[Membership] = relationship()


class ContributionFact(Base):
    """Something that happened to a contribution: append-only, dated, without a verdict."""

    __tablename__ = "contribution_fact"
    __table_args__ = (
        Index("ix_contribution_fact_community_id_member_id", "community_id", "member_id", "id"),
        Index(
            "ix_contribution_fact_subject",
            "subject",
            "community_id",
            "id",
            sqlite_where=text("subject IS NOT NULL"),
            postgresql_where=text("subject IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)  # whom it concerns
    actor_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)  # who did it
    act: Mapped[str] = mapped_column(String(20))  # grading.facts.Act
    kind: Mapped[str] = mapped_column(String(20))  # grading.facts.Kind
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    # "comment:3", "post:12": what it is about, where staff made a thread of a reply or a reply of a thread.
    # Post and comment say where that can be read by now; grading knows it by its first name for ever.
    subject: Mapped[str | None] = mapped_column(String(60))
    words: Mapped[int | None] = mapped_column(Integer)  # counted when written or edited
    copied: Mapped[str | None] = mapped_column(String(40))  # overlap as an exact fraction, "3/4"
    helped_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"), index=True)
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"), index=True)  # which it answers
    quality: Mapped[str | None] = mapped_column(String(40))  # the mark given, an exact fraction
    lateness: Mapped[str | None] = mapped_column(String(40))  # a share fixed by hand, likewise
    reason: Mapped[str | None] = mapped_column(Text)  # the trainer's own words
    # Of what one receives from others (an acceptance, a recognition): its number among its kind, whether the
    # giver was staff then, and when the receiver had last recognised something of the giver's.
    received_id: Mapped[int | None] = mapped_column(Integer)
    by_staff: Mapped[bool | None] = mapped_column(Boolean)
    returns_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Change(Base):
    """One line of what happened in a community, for open pages to learn of. Ids rise; content stays away."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_community_id_id", "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    kind: Mapped[str] = mapped_column(String(30))  # post.written, comment.written, post.edited, …
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    subgroup_id: Mapped[int | None] = mapped_column(Integer)  # of the post: whom it concerns
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class KeptText(Base):
    """What somebody typed when their session was gone: 24 h, at most 5, for that user and community alone."""

    __tablename__ = "kept_text"
    __table_args__ = (Index("ix_kept_text_user_id_community_id", "user_id", "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    address: Mapped[str] = mapped_column(Text)  # the path it was sent to
    fields: Mapped[str] = mapped_column(Text)  # JSON object of what was typed
    kept_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Draft(Base):
    """What a member has begun to write and not published: one per place, on every device of theirs."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("member_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    # "new-<uuid>" a new contribution, "answer-<prompt>", "reply-<post>[-<comment>]", "edit-<post>", …
    place: Mapped[str] = mapped_column(String(80))
    fields: Mapped[dict] = mapped_column(JSON)  # of the form: a list of values by name
    version: Mapped[int] = mapped_column(Integer)  # rises with every change: two devices tell by it
    page: Mapped[str | None] = mapped_column(
        String(40)
    )  # which open page wrote it last, by a name it gave itself
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    discarded_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)  # for a day it comes back
