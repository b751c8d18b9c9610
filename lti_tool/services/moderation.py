"""Staff decide about a contribution; its author learns why, and may answer.

Two who decide at once: the second is told what the first did (`Stale`), and nothing of theirs is lost.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from lti_tool.errors import NotAllowed, NotFound, Stale, Unfit
from lti_tool.extensions import db
from lti_tool.models import Comment, ContributionReport, ModerationAct, ModerationCase, ModerationStep, Post
from lti_tool.permissions import Act
from lti_tool.services import audit, cases, changes, contributions, held, publishing, telling
from lti_tool.services.acting import ActingMember

WHILE_HIDDEN = frozenset({ModerationAct.RESTORED, ModerationAct.KEPT_HIDDEN})
LOCKING = frozenset({ModerationAct.LOCKED, ModerationAct.UNLOCKED})
DECISIONS = tuple(
    sorted(one.value for one in {ModerationAct.HIDDEN, ModerationAct.LEFT} | WHILE_HIDDEN | LOCKING)
)
# What its author has to be told in words; that something stays as it is says enough.
TOLD_WHY = frozenset(DECISIONS) - {ModerationAct.LEFT.value}
# So often an author writes before staff have answered.
MOST_ANSWERS = 5


@dataclass(frozen=True)
class Decision:
    """What somebody fills in: a ModerationAct value, why, and which state of things they saw.

    Reports that came after `until`, when their page was made, are not looked at by this.
    """

    act: str
    reason: str
    version: int
    until: datetime


def possible(member: ActingMember, post: Post, comment: Comment | None) -> tuple[ModerationAct, ...]:
    """Return what this member may decide about a contribution as it stands, most likely first.

    What one wrote oneself others decide about; to lock one's own thread one needs nobody. A prompt is
    withdrawn by whoever set it, not hidden.
    """
    contribution = comment or post
    if not member.may(Act.MODERATE):
        return ()
    if contribution.hidden_at is not None:
        return (
            () if contribution.author_id == member.id else (ModerationAct.RESTORED, ModerationAct.KEPT_HIDDEN)
        )
    if contribution.deleted_at is not None:
        return ()
    acts = [] if comment is not None else [ModerationAct.UNLOCKED if post.locked_at else ModerationAct.LOCKED]
    if contribution.author_id != member.id:
        hiding = [] if comment is None and post.opens_prompt else [ModerationAct.HIDDEN]
        acts = [*hiding, *acts, ModerationAct.LEFT]
    return tuple(acts)


def decide(
    member: ActingMember, post_id: int, comment_id: int | None, wanted: Decision, now: datetime
) -> None:
    """Hide a contribution, bring it back, lock or unlock its thread, or leave everything as it is.

    Its author is told, unless it simply stays; whoever reported it learns that it was looked at. The same by
    the same person within a minute is one decision.

    :raises NotFound: there is none here, its author deleted it, or its words are gone.
    :raises NotAllowed: it is one's own, or it sets a prompt, which is withdrawn by whoever set it.
    :raises Stale: somebody decided, or its author wrote, since the page was made.
    """
    member.must(Act.MODERATE)
    changes.in_order(member)
    post, comment = cases.place(member, post_id, comment_id, locked=True)
    case = cases.open_case(post, comment)
    act = ModerationAct(wanted.act)
    if cases.is_twin(member, case, act, wanted.reason, now):
        return
    _must_be_possible(member, post, comment, act)
    if case.version != wanted.version or act not in possible(member, post, comment):
        raise Stale("decided-meanwhile")
    _carry_out(member, post, comment, act, now)
    settle(member, case, act, wanted, now)


def _must_be_possible(member: ActingMember, post: Post, comment: Comment | None, act: ModerationAct) -> None:
    """Refuse what could never be decided, whatever was done meanwhile."""
    contribution = comment or post
    if contribution.author_id == member.id and act not in LOCKING:
        raise NotAllowed("own-moderation", who=["others"])
    if act is ModerationAct.HIDDEN and comment is None and post.opens_prompt:
        raise NotAllowed("hidden-prompt", who=["author"])


def _carry_out(
    member: ActingMember, post: Post, comment: Comment | None, act: ModerationAct, now: datetime
) -> None:
    if act is ModerationAct.HIDDEN:
        held.hold(member, comment or post, now)
        publishing.hidden(member, post, comment, now)
    elif act is ModerationAct.RESTORED:
        held.release(comment or post)
        publishing.shown_again(member, post, comment, now)
    elif act in LOCKING:
        post.locked_at = now if act is ModerationAct.LOCKED else None
        publishing.locked(post)


def settle(
    member: ActingMember,
    case: ModerationCase,
    act: ModerationAct,
    wanted: Decision,
    now: datetime,
    **detail: object,
) -> None:
    """Write the decision down, tell whom it concerns, and take the case off the queues.

    :param detail: what the audit log tells beside the reason.
    """
    step = cases.note(member, case, act, wanted.reason, now)
    case.decided_at, case.answered_since, case.watched_at = now, None, None
    looked_at = update(ContributionReport).where(
        ContributionReport.case_id == case.id,
        ContributionReport.settled_at.is_(None),
        ContributionReport.withdrawn_at.is_(None),
        # What is hidden is out of sight, whatever else was said of it.
        ContributionReport.at <= (now if act is ModerationAct.HIDDEN else wanted.until),
    )
    looked_at = looked_at.values(settled_at=now).execution_options(synchronize_session=False)
    db.session.execute(looked_at)
    cases.tell_whether_it_waits(case)
    if act is not ModerationAct.LEFT:
        telling.of_moderation(member, case, step, now)
    telling.of_reports(member, case, step, now)
    more = {"reason": wanted.reason} if wanted.reason else {}
    audit.record(member, f"moderation.{act.value}", case.about, now, of=case.author_id, **more, **detail)


def tell(
    member: ActingMember, case: ModerationCase, act: ModerationAct, wanted: Decision, now: datetime
) -> None:
    """Let an author know of a decision about a thread that moved what they said in it; they may answer."""
    step = cases.note(member, case, act, wanted.reason, now)
    case.decided_at = now
    telling.of_moderation(member, case, step, now)


def answer(member: ActingMember, post_id: int, comment_id: int | None, words: str, now: datetime) -> None:
    """Let the author of a contribution answer what staff decided about it.

    :raises NotFound: it is not theirs, or nothing was decided about it.
    :raises Unfit: they wrote several times since, and nobody has answered yet.
    """
    member.must(Act.READ)
    changes.in_order(member)
    contributions.post_here(member, post_id, now)
    post, comment = cases.place(member, post_id, comment_id)
    case = cases.case_of(post.id, comment_id)
    if (comment or post).author_id != member.id or case is None or case.decided_at is None:
        raise NotFound()
    case = cases.open_case(post, comment)
    if cases.is_twin(member, case, ModerationAct.ANSWERED, words, now):
        return
    if _answers_since(case) >= MOST_ANSWERS:
        raise Unfit({"body": ["answered-often"]})
    cases.note(member, case, ModerationAct.ANSWERED, words, now)
    case.answered_since = case.answered_since or now


def _answers_since(case: ModerationCase) -> int:
    wanted = select(func.count()).where(
        ModerationStep.case_id == case.id,
        ModerationStep.act == ModerationAct.ANSWERED,
        ModerationStep.at > case.decided_at,
    )
    return db.session.scalar(wanted)
