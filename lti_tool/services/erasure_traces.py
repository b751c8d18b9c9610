"""What an account has left behind, table by table: what goes, what stays without saying who it was.

Everything here may be done again, and does then nothing. What others wrote and what their scores are made of
stays as it is: the erased are numbers in it.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    delete,
    literal,
    null,
    or_,
    select,
    update,
)

from lti_tool.extensions import db
from lti_tool.models import (
    AssessmentFact,
    Attachment,
    AuditEntry,
    BrowserSession,
    CalendarFeed,
    CharterAcceptance,
    Comment,
    Community,
    ContributionFact,
    ContributionReport,
    Course,
    CourseGroupMember,
    DeliveryState,
    Deployment,
    Draft,
    Enrolment,
    ErasureRequest,
    Feedback,
    GradeDecision,
    InboundMail,
    KeptText,
    LaunchRecord,
    MailChoice,
    MemberMeasure,
    Membership,
    MembershipState,
    Mention,
    Message,
    ModerationCase,
    ModerationStep,
    Notification,
    PersonalCopy,
    Post,
    PushDevice,
    Reaction,
    Revision,
    RosterLine,
    RunningScore,
    ScoreDelivery,
    ScoreQuestion,
    ScoreStatement,
    Seat,
    SubgroupMember,
    ThreadReader,
    TopicStanding,
    User,
)
from lti_tool.services import guest_records

# What a delivery that is evidence leaves behind: nobody does anything with it any more.
_AT_REST = {
    "due_at": None,
    "asked_at": None,
    "asked_by_id": None,
    "asked_since": False,
    "changed_since": False,
    "lease": None,
    "lease_until": None,
    "attempt_open": False,
    "overwrite": False,
    "theirs_value": None,
    "theirs_maximum": None,
    "theirs_empty": False,
    "theirs_seen_at": None,
    "replaced_value": None,
    "replaced_maximum": None,
    "replaced_at": None,
    "problem": None,
    "problem_detail": None,
}
_NOTHING_CHOSEN = {
    **dict.fromkeys(("pseudonym", "muted_until", "locale", "theme", "asks_about", "picture_key")),
    **dict.fromkeys(("appointed_role", "appointed_by_id", "appointed_at", "appointed_until")),
    **dict.fromkeys(("last_seen_at", "last_visit_at", "read_all_at", "welcomed_at")),
    "reminders_rest_until": None,
    "initials_only": False,
    "shortcuts": True,
}
_NO_ROLES = {
    "launch_roles": [],
    "launch_custom": null(),
    "lower_custom": null(),
    "lower_role": None,
    "lower_roles": null(),
    "lowered_at": None,
    "roster_role": None,
    "roster_roles": null(),
    "rostered_at": None,
    "listed": False,
    "active": False,
    "launch_groups": null(),
}
# Acts about several people at once: what their entries in the audit log call the rows, and which place in
# each says whom it is about.
_MARKS = "marks"
_ROWS_OF_SEVERAL = {
    "grade.marked-several": (_MARKS, 1),
    "grade.marking-undone": (_MARKS, 1),
    "grading.marks-imported": ("members", 0),
}
_ON_THE_WAY = (DeliveryState.DUE, DeliveryState.SENDING)
_KEPT_FOR_THEMSELVES = (
    *(CharterAcceptance, Draft, Mention, Notification, MailChoice, Message, CalendarFeed, InboundMail),
    *(MemberMeasure, PushDevice, SubgroupMember, ThreadReader, TopicStanding),
)
_AT_ONCE = 200  # rows read and written at once: a statement may be large


def sign_out(user_id: int, now: datetime) -> None:
    """End the browser sessions in which nobody else has a seat, and take this account's seats away."""
    theirs = select(Seat.browser_session_id).where(Seat.user_id == user_id)
    others = select(Seat.browser_session_id).where(Seat.user_id != user_id)
    alone = (BrowserSession.id.in_(theirs), BrowserSession.id.not_in(others))
    _run(update(BrowserSession).where(*alone, BrowserSession.revoked_at.is_(None)).values(revoked_at=now))
    _run(delete(Seat).where(Seat.user_id == user_id))


def stop_sending(user_id: int) -> None:
    """Leave to be sent only what a worker is sending at this moment: no further attempt is made."""
    _lock_cells(_members_of(user_id))
    _run(
        update(ScoreDelivery)
        .where(ScoreDelivery.member_id.in_(_members_of(user_id)), ScoreDelivery.state.in_(_ON_THE_WAY))
        .where(or_(ScoreDelivery.state == DeliveryState.DUE, ScoreDelivery.attempt_open.is_(False)))
        .values(state=DeliveryState.READY, due_at=None, lease=None, lease_until=None, asked_since=False)
    )


def is_being_sent(user_id: int, now: datetime) -> bool:
    """Tell whether a worker has a score of theirs on its way, and its lease was good at `now`."""
    under_way = (
        select(ScoreDelivery.id)
        .where(ScoreDelivery.member_id.in_(_members_of(user_id)))
        .where(ScoreDelivery.state == DeliveryState.SENDING, ScoreDelivery.lease_until > now)
    )
    return db.session.scalar(under_way.limit(1)) is not None


def _members_of(user_id: int) -> Select:
    return select(Membership.id).where(Membership.user_id == user_id)


def _lock_cells(members: Collection[int] | Select) -> None:
    """Lock what is to be sent of these members in the order in which `cells` writes it: no deadlock."""
    theirs = select(ScoreDelivery.id).where(ScoreDelivery.member_id.in_(members))
    in_order = theirs.order_by(ScoreDelivery.line_item_id, ScoreDelivery.enrolment_id)
    db.session.execute(in_order.with_for_update()).all()


def lock_members(user_id: int) -> list[int]:
    """Lock the account, what it is in courses and communities, and these; return the memberships.

    Whoever writes or decides there meanwhile is done before this or comes after it: in the order in which a
    launch locks them, and a request, which notes its visit before it writes. Not the keys: a launch making
    a row beside ours would wait for us with a row in hand that we want.
    """
    account = select(User.id).where(User.id == user_id)
    enrolments = select(Enrolment.id).where(Enrolment.user_id == user_id).order_by(Enrolment.id)
    for wanted in (account, enrolments):
        db.session.execute(wanted.with_for_update(key_share=True)).all()
    wanted = _members_of(user_id).order_by(Membership.id)
    members = list(db.session.scalars(wanted.with_for_update(key_share=True)))
    here = select(Membership.community_id).where(Membership.id.in_(members))
    communities = select(Community.id).where(Community.id.in_(here)).order_by(Community.id)
    db.session.execute(communities.with_for_update(key_share=True)).all()
    return members


def leave(user_id: int, members: Collection[int], erased_at: datetime) -> None:
    """End enrolments and memberships, with what was chosen in them: nothing is counted from here on."""
    enrolments = select(Enrolment.id).where(Enrolment.user_id == user_id)
    _run(delete(CourseGroupMember).where(CourseGroupMember.enrolment_id.in_(enrolments)))
    end_enrolments(Enrolment.user_id == user_id, erased_at)
    _run(update(Membership).where(Membership.id.in_(members)).values(state=MembershipState.REMOVED))
    forget_choices(members)


def end_enrolments(which: ColumnElement[bool], at: datetime) -> None:
    """End enrolments: nothing of what the LMS said of them stays."""
    _run(update(Enrolment).where(which).values(left_at=at, **_NO_ROLES))


def forget_choices(members: Collection[int]) -> None:
    """Forget what members chose for themselves, and what they were appointed to."""
    _run(update(Membership).where(Membership.id.in_(members)).values(**_NOTHING_CHOSEN))


def withdraw_scores(members: Collection[int]) -> None:
    """Take back what was to be sent. What was sent, or may have been, is evidence; the LMS keeps it."""
    of_theirs = ScoreDelivery.member_id.in_(members)
    sent = or_(
        ScoreDelivery.attempted_statement_id.is_not(None), ScoreDelivery.confirmed_statement_id.is_not(None)
    )
    confirmed, kept = (
        literal(state, ScoreDelivery.state.type) for state in (DeliveryState.CONFIRMED, DeliveryState.KEPT)
    )
    state = case((ScoreDelivery.confirmed_value.is_not(None), confirmed), else_=kept)
    # A worker that had one of them freezes nothing for it any more.
    _lock_cells(members)
    _run(update(ScoreDelivery).where(of_theirs, sent).values(state=state, **_AT_REST))
    _run(delete(ScoreDelivery).where(of_theirs, ~sent))
    _run(delete(RunningScore).where(RunningScore.member_id.in_(members)))


def leave_evidence_without_names(members: Collection[int]) -> bool:
    """Of sent scores keep statement, decision and facts, without anybody's words; tell if there are any.

    What was only shown as final goes, and of a member of whom nothing was sent the facts, too. After
    `withdraw_scores`.
    """
    of_theirs = ScoreStatement.member_id.in_(members)
    _run(delete(ScoreStatement).where(of_theirs, ScoreStatement.sent.is_(False)))
    _blank_statements(members)
    kept = select(ScoreStatement.decision_id).where(
        ScoreStatement.member_id.in_(members), ScoreStatement.decision_id.is_not(None)
    )
    decisions = GradeDecision.member_id.in_(members)
    _run(delete(GradeDecision).where(decisions, GradeDecision.id.not_in(kept)))
    _run(update(GradeDecision).where(decisions).values(reason=""))
    has_evidence = select(ScoreStatement.member_id).where(ScoreStatement.member_id.in_(members))
    for table in (ContributionFact, AssessmentFact):
        theirs = table.member_id.in_(members)
        _run(delete(table).where(theirs, table.member_id.not_in(has_evidence)))
        _run(update(table).where(theirs, table.reason.is_not(None)).values(reason=None))
    _run(update(AssessmentFact).where(AssessmentFact.member_id.in_(members)).values(levels=null()))
    return db.session.scalar(has_evidence.limit(1)) is not None


def _blank_statements(members: Collection[int]) -> None:
    """Take titles out of statements, and the words that went along with a score."""
    wanted = select(ScoreStatement.id).where(ScoreStatement.member_id.in_(members))
    numbers = db.session.scalars(wanted.order_by(ScoreStatement.id)).all()
    for start in range(0, len(numbers), _AT_ONCE):
        some = ScoreStatement.id.in_(numbers[start : start + _AT_ONCE])
        for number, record in db.session.execute(
            select(ScoreStatement.id, ScoreStatement.record).where(some)
        ).all():
            _run(
                update(ScoreStatement)
                .where(ScoreStatement.id == number)
                .values(record=without_titles(record), comment=None)
            )


def without_titles(record: dict) -> dict:
    """Return the record of a statement without what its lines are called; every number stays."""
    return record | {"lines": [line | {"title": ""} for line in record["lines"]]}


def forget_words(user_id: int, members: Collection[int]) -> None:
    """Delete what was written to them, with invitations, what they asked, and typed without sending it."""
    _run(delete(Feedback).where(Feedback.member_id.in_(members)))
    _run(delete(ScoreQuestion).where(ScoreQuestion.member_id.in_(members)))
    for table in (KeptText, PersonalCopy, ErasureRequest):
        _run(delete(table).where(table.user_id == user_id))
    forget_launches(user_id)
    guest_records.forget_those_of(members)


def forget_launches(user_id: int) -> None:
    """Take an account out of the launch log."""
    _run(
        update(LaunchRecord)
        .where(LaunchRecord.user_id == user_id)
        .values(user_id=None, claims=null(), detail=None)
    )


def forget_moderation(members: Collection[int]) -> None:
    """Delete what they reported and answered, and what was said of what they wrote; what was done stays."""
    theirs = select(ModerationCase.id).where(ModerationCase.author_id.in_(members))
    _run(delete(ContributionReport).where(ContributionReport.reported_by_id.in_(members)))
    _run(update(ContributionReport).where(ContributionReport.case_id.in_(theirs)).values(note=None))
    said = or_(ModerationStep.case_id.in_(theirs), ModerationStep.done_by_id.in_(members))
    _run(update(ModerationStep).where(said).values(reason=""))
    closed = {"waits_since": None, "answered_since": None}
    _run(update(ModerationCase).where(ModerationCase.id.in_(theirs)).values(**closed))


def forget_what_was_followed(members: Collection[int], now: datetime) -> None:
    """Delete what a member follows, has read, accepted and begun to write; what others were told stays.

    Files of nothing that was published go; the clock takes their bytes.
    """
    for table in _KEPT_FOR_THEMSELVES:
        _run(delete(table).where(table.member_id.in_(members)))
    _run(update(Reaction).where(Reaction.giver_id.in_(members)).values(note=None))
    unpublished = (Attachment.member_id.in_(members), Attachment.post_id.is_(None))
    _run(update(Attachment).where(*unpublished, Attachment.deleted_at.is_(None)).values(deleted_at=now))


def forget_lines_about(sub: str, platforms: Collection[int]) -> None:
    """Take somebody out of lists that are being read, or that wait for staff, at these registrations."""
    courses = (
        select(Course.id)
        .join(Deployment, Deployment.id == Course.deployment_id)
        .where(Deployment.platform_id.in_(platforms))
    )
    _run(delete(RosterLine).where(RosterLine.sub == sub, RosterLine.course_id.in_(courses)))


def keep_present_wording(members: Collection[int]) -> None:
    """Delete earlier wordings of what they wrote: threads stay as they can be read now."""
    posts = select(Post.id).where(Post.author_id.in_(members))
    comments = select(Comment.id).where(Comment.author_id.in_(members))
    _run(delete(Revision).where(or_(Revision.post_id.in_(posts), Revision.comment_id.in_(comments))))
    for table in (Post, Comment):
        edited = (table.author_id.in_(members), table.edit_count > 0)
        _run(update(table).where(*edited).values(edit_count=0, edited_at=None))


def clean_audit(members: Sequence[int]) -> None:
    """Take the reasons that were written about them out of the audit log; who did what to whom stays."""
    wanted = select(AuditEntry.id, AuditEntry.detail).where(audit_about(members))
    for number, detail in db.session.execute(wanted).all():
        if "reason" in (detail or ()):
            kept = {name: value for name, value in detail.items() if name != "reason"}
            _run(update(AuditEntry).where(AuditEntry.id == number).values(detail=kept))
    for entry, name, theirs in acts_on_several(members):
        if name == _MARKS:  # of which each ends with its reason
            rows = [[*row[:-1], None] if row in theirs else row for row in entry.detail[name]]
            _run(update(AuditEntry).where(AuditEntry.id == entry.id).values(detail={name: rows}))


def acts_on_several(members: Collection[int]) -> Iterator[tuple[AuditEntry, str, list[list]]]:
    """Go through the audit entries about several people, some of these among them.

    Each with what it calls its rows, and the rows about them.
    """
    here = select(Membership.community_id).where(Membership.id.in_(members))
    wanted = select(AuditEntry).where(
        AuditEntry.community_id.in_(here), AuditEntry.act.in_(list(_ROWS_OF_SEVERAL))
    )
    for entry in db.session.scalars(wanted.order_by(AuditEntry.id)):
        name, place = _ROWS_OF_SEVERAL[entry.act]
        theirs = [row for row in entry.detail[name] if row[place] in members]
        if theirs:
            yield entry, name, theirs


def audit_about(members: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition on audit entries under which they tell of these memberships."""
    here = select(Membership.community_id).where(Membership.id.in_(members))
    subjects = [f"membership:{number}" for number in members]
    # As text on both databases: "of" is a number here and a decimal elsewhere.
    of_whom = cast(AuditEntry.detail["of"].as_string(), String)
    about_theirs = or_(AuditEntry.act == "grade.marked", AuditEntry.act.startswith("moderation."))
    of_theirs = and_(about_theirs, of_whom.in_([str(number) for number in members]))
    return and_(AuditEntry.community_id.in_(here), or_(AuditEntry.subject.in_(subjects), of_theirs))


def delete_evidence(of_users: Select) -> None:
    """Delete what was kept of sent scores; `of_users`: a SELECT of the numbers of erased accounts."""
    delete_evidence_about(select(Membership.id).where(Membership.user_id.in_(of_users)))


def delete_evidence_about(members: Select) -> None:
    """Delete what was kept of sent scores of members; `members`: a SELECT of their numbers."""
    for table in (ScoreDelivery, ScoreStatement, GradeDecision, ContributionFact, AssessmentFact):
        _run(delete(table).where(table.member_id.in_(members)))


def _run(statement) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
