"""A walk over the URL map: who gets which answer at every address of the tool."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select

from lti_tool import clock
from lti_tool.extensions import db
from lti_tool.models import (
    Deployment,
    LaunchRecord,
    Membership,
    MembershipState,
    Platform,
    PlatformOrigin,
    Prompt,
    Role,
)
from lti_tool.services import invitations, origins, platforms
from lti_tool.services.platforms import Registration
from lti_tool.transactions import transaction
from tests.functional.space import id_of
from tests.support.administrators import administrator
from tests.support.world import ENGLISH, TOOL

LEARNER, TRAINER, LEAD = Role.LEARNER, Role.TRAINER, Role.PEDAGOGICAL_LEAD
MANAGER, SPONSOR, GUEST, OBSERVER = Role.COMMUNITY_MANAGER, Role.SPONSOR, Role.GUEST_EXPERT, Role.OBSERVER

EVERYBODY = frozenset(Role)
READERS = EVERYBODY - {OBSERVER, SPONSOR}
WRITERS = READERS - {GUEST}
STAFF = frozenset({TRAINER, LEAD})
# The post and the reply of the walk are the learner's.
AUTHOR = frozenset({LEARNER})
# Those who may say something to what the learner wrote.
OTHERS = READERS - AUTHOR
SETTERS = frozenset({TRAINER, LEAD, MANAGER})

TYPED = {"title": "What I typed", "body": "Every word of it."}


@dataclass(frozen=True)
class Inside:
    """An address below a community: who may, and what those get for a form with these fields."""

    below: str
    who: frozenset[Role]
    answer: int = 200
    sends: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Console:
    """An address of the console: what an administrator of another organisation gets there, and an operator.

    Both with the token of the form and these fields. The platform in an address is `{platform}`.
    """

    address: str
    outsider: int
    operator: int
    sends: dict[str, str] = field(default_factory=dict)


INSIDE = {
    ("home.index", "GET"): Inside("", EVERYBODY),
    ("home.changes", "GET"): Inside("changes?after=0", READERS),
    ("home.seen", "POST"): Inside("seen", EVERYBODY, 204),
    ("home.set_zone", "POST"): Inside("zone", STAFF, 303, {"time_zone": "Europe/Berlin"}),
    ("helping.index", "GET"): Inside("to-answer", READERS),
    ("helping.rest", "POST"): Inside("to-answer/rest", READERS, 303),
    ("helping.remind_again", "POST"): Inside("to-answer/remind", READERS, 303),
    ("my_data.index", "GET"): Inside("my-data", EVERYBODY),
    ("my_data.ask_for_copy", "POST"): Inside("my-data/copy", EVERYBODY, 303),
    ("my_data.copy", "GET"): Inside("my-data/copy", EVERYBODY, 404),  # no worker has made one
    ("my_data.ask_for_erasure", "POST"): Inside("my-data/erasure", EVERYBODY, 303, {"confirmed": "1"}),
    ("my_data.withdraw", "POST"): Inside("my-data/erasure/withdrawal", EVERYBODY, 303),
    ("help.index", "GET"): Inside("help", EVERYBODY),
    ("help.show", "GET"): Inside("help/learner", EVERYBODY),
    ("space.welcome", "GET"): Inside("welcome", READERS),
    ("space.welcomed", "POST"): Inside("welcome", READERS, 303),
    ("space.charter", "GET"): Inside("charter", READERS | {SPONSOR}),
    # There is none yet.
    ("space.accept_charter", "POST"): Inside("charter/acceptance", READERS, 404),
    ("space.charter_versions", "GET"): Inside("charter/versions", READERS),
    ("space.charter_acceptances", "GET"): Inside("charter/acceptances", SETTERS),
    ("space.edit_charter", "GET"): Inside("charter/edit", SETTERS),
    ("space.save_charter", "POST"): Inside("charter/edit", SETTERS, 422),
    ("space.settings", "GET"): Inside("space", SETTERS),
    ("space.save_settings", "POST"): Inside("space", SETTERS, 422),
    ("overrides.index", "GET"): Inside("space/permissions", SETTERS),
    ("overrides.show", "GET"): Inside("space/permissions/post.write/guest_expert", STAFF),
    ("overrides.change", "POST"): Inside(
        "space/permissions/post.write/guest_expert", STAFF, 303, {"allowed": "false"}
    ),
    ("overrides.back", "POST"): Inside("space/permissions/usual", STAFF, 303),
    ("courses.index", "GET"): Inside("courses", READERS),
    # The course of the walk is the only one here: it can be brought in nowhere, and leaves for nowhere.
    ("courses.preview_joining", "GET"): Inside("courses/1/joining", STAFF, 404),
    ("courses.join", "POST"): Inside("courses/1/joining", STAFF, 409, {"seen": "x"}),
    ("courses.preview_by_code", "POST"): Inside("courses/code", STAFF, 422, {"code": "x"}),
    ("courses.preview_parting", "GET"): Inside("courses/1/parting", STAFF, 404),
    ("courses.part", "POST"): Inside("courses/1/parting", STAFF, 404, {"seen": "x"}),
    ("courses.agree", "POST"): Inside("courses/1/agreement", STAFF),
    ("courses.withdraw", "POST"): Inside("courses/1/agreement/withdrawal", STAFF, 303),
    ("life.show", "GET"): Inside("life", READERS),
    ("life.set_dates", "POST"): Inside("life/dates", STAFF, 422, {"closes_at": "tomorrow"}),
    ("life.take_along", "POST"): Inside("life/archive", STAFF),
    ("life.preview", "GET"): Inside("life/moves/closed", STAFF),
    ("life.move", "POST"): Inside("life/moves/closed", STAFF, 409, {"seen": "draft"}),
    # There is no charter that opens anything to them.
    ("shared.index", "GET"): Inside("shared", frozenset({SPONSOR}), 403),
    ("shared.show", "GET"): Inside("shared/{post}", frozenset({SPONSOR}), 403),
    ("audit.index", "GET"): Inside("audit", SETTERS),
    ("audit.as_csv", "GET"): Inside("audit.csv", SETTERS),
    ("audit.as_json", "GET"): Inside("audit.json", SETTERS),
    ("moderation.index", "GET"): Inside("moderation", SETTERS),
    ("moderation.settings", "GET"): Inside("moderation/settings", SETTERS),
    ("moderation.save_settings", "POST"): Inside("moderation/settings", SETTERS, 422),
    ("moderation.restricted", "GET"): Inside("moderation/members", SETTERS),
    ("moderation.of_member", "GET"): Inside("members/{member}/moderation", SETTERS),
    ("moderation.decide_on_member", "POST"): Inside("members/{member}/moderation", SETTERS, 422),
    # Of their own contributions authors report none; those who look after the space decide about them.
    ("moderation.report_post", "GET"): Inside("posts/{post}/report", OTHERS),
    ("moderation.report_comment", "GET"): Inside("posts/{post}/comments/{comment}/report", OTHERS),
    ("moderation.send_post_report", "POST"): Inside("posts/{post}/report", OTHERS, 422),
    ("moderation.send_comment_report", "POST"): Inside(
        "posts/{post}/comments/{comment}/report", OTHERS, 303, {"reason": "hurtful"}
    ),
    ("moderation.withdraw_post_report", "POST"): Inside("posts/{post}/report/withdraw", READERS, 303),
    ("moderation.withdraw_comment_report", "POST"): Inside(
        "posts/{post}/comments/{comment}/report/withdraw", READERS, 303
    ),
    ("moderation.of_post", "GET"): Inside("posts/{post}/moderation", SETTERS | AUTHOR),
    ("moderation.of_comment", "GET"): Inside("posts/{post}/comments/{comment}/moderation", SETTERS | AUTHOR),
    ("moderation.decide_on_post", "POST"): Inside("posts/{post}/moderation", SETTERS, 422),
    ("moderation.decide_on_comment", "POST"): Inside(
        "posts/{post}/comments/{comment}/moderation", SETTERS, 422
    ),
    ("moderation.answer_about_post", "POST"): Inside("posts/{post}/moderation/answer", SETTERS | AUTHOR, 422),
    ("moderation.answer_about_comment", "POST"): Inside(
        "posts/{post}/comments/{comment}/moderation/answer", SETTERS | AUTHOR, 422
    ),
    ("threads.move", "GET"): Inside("posts/{post}/move", SETTERS),
    ("threads.do_move", "POST"): Inside("posts/{post}/move", SETTERS, 422),
    ("threads.split", "GET"): Inside("posts/{post}/split", SETTERS),
    ("threads.do_split", "POST"): Inside("posts/{post}/split", SETTERS, 422),
    ("threads.merge", "GET"): Inside("posts/{post}/merge", SETTERS),
    ("threads.do_merge", "POST"): Inside("posts/{post}/merge", SETTERS, 422),
    ("preferences.shortcuts", "POST"): Inside("preferences/shortcuts", EVERYBODY, 303, {"shortcuts": "on"}),
    ("discussions.index", "GET"): Inside("discussions", READERS),
    ("topics.index", "GET"): Inside("topics", READERS),
    ("topics.add", "POST"): Inside("topics", SETTERS, 422),
    # There is no topic yet.
    ("topics.rewrite", "POST"): Inside("topics/1", SETTERS, 404, {"name": "Another"}),
    ("topics.move", "POST"): Inside("topics/1/place", SETTERS, 404),
    ("topics.archive", "POST"): Inside("topics/1/archive", SETTERS, 404),
    ("topics.bring_back", "POST"): Inside("topics/1/back", SETTERS, 404),
    ("topics.filing_form", "GET"): Inside("posts/{post}/filing", SETTERS | AUTHOR),
    ("topics.file", "POST"): Inside("posts/{post}/filing", SETTERS | AUTHOR, 303),
    ("reading.read", "POST"): Inside("posts/{post}/read", READERS, 204, {"until": "2026-01-01T10:00:00Z"}),
    ("reading.read_all", "POST"): Inside("read", READERS, 303, {"until": "2026-01-01T10:00:00Z"}),
    ("notifications.index", "GET"): Inside("notifications", READERS),
    ("notifications.count", "GET"): Inside("notifications/count", READERS),
    ("notifications.read", "POST"): Inside(
        "notifications/read", READERS, 303, {"until": "2026-01-01T10:00:00Z"}
    ),
    ("mails.index", "GET"): Inside("mails", READERS),
    ("mails.save", "POST"): Inside("mails", READERS, 422),
    ("mails.try_again", "POST"): Inside("mails/again", READERS, 303),
    ("mails.sent", "GET"): Inside("mails/sent", READERS),
    ("push.key", "POST"): Inside("push/key", READERS),
    ("push.switch_on", "POST"): Inside("push/devices", READERS, 422),
    ("push.switch_off", "POST"): Inside("push/devices/1/off", READERS, 404),
    ("own_calendar.index", "GET"): Inside("calendar", READERS),
    ("own_calendar.make", "POST"): Inside("calendar", READERS, 303),
    ("own_calendar.end", "POST"): Inside("calendar/end", READERS, 303),
    ("reading.attention", "POST"): Inside("posts/{post}/attention", READERS, 303, {"attention": "none"}),
    ("reading.bookmark", "POST"): Inside("posts/{post}/bookmark", READERS, 303, {"bookmark": "on"}),
    ("reading.topic_attention", "POST"): Inside("topics/1/attention", READERS, 404, {"attention": "muted"}),
    ("reading.bookmarks", "GET"): Inside("bookmarks", READERS),
    ("posts.compose", "GET"): Inside("posts/new", WRITERS),
    ("posts.write", "POST"): Inside("posts", WRITERS, 422),
    ("posts.show", "GET"): Inside("posts/{post}", READERS),
    ("posts.edit", "GET"): Inside("posts/{post}/edit", AUTHOR),
    ("posts.save", "POST"): Inside("posts/{post}/edit", AUTHOR, 422),
    ("posts.history", "GET"): Inside("posts/{post}/history", READERS),
    ("posts.compose_as", "POST"): Inside("posts/new", WRITERS),
    ("kinds.vote", "POST"): Inside("posts/{post}/vote", READERS, 404),
    ("kinds.ballot", "POST"): Inside("posts/{post}/ballot", READERS, 404),
    ("kinds.voters", "GET"): Inside("posts/{post}/ballots", READERS, 404),
    ("kinds.decide", "POST"): Inside("posts/{post}/decision", SETTERS, 404, {"state": "done"}),
    ("kinds.unpin", "POST"): Inside("posts/{post}/unpin", SETTERS, 404),
    ("posts.preview", "POST"): Inside("preview", READERS),
    ("comments.write", "POST"): Inside("posts/{post}/comments", READERS, 422),
    ("comments.edit", "GET"): Inside("posts/{post}/comments/{comment}/edit", AUTHOR),
    ("comments.save", "POST"): Inside("posts/{post}/comments/{comment}/edit", AUTHOR, 422),
    ("comments.history", "GET"): Inside("posts/{post}/comments/{comment}/history", READERS),
    ("comments.show", "GET"): Inside("posts/{post}/comments/{comment}", READERS, 303),
    # Of their own contributions authors say none of this; what they recognise nobody has to take back.
    ("reactions.to_post", "POST"): Inside("posts/{post}/reactions", OTHERS, 303, {"kind": "helped"}),
    ("reactions.to_comment", "POST"): Inside(
        "posts/{post}/comments/{comment}/reactions", OTHERS, 303, {"kind": "helped"}
    ),
    # The post of this walk is a question, whose help is recognised in its replies.
    ("reactions.recognise_post", "GET"): Inside("posts/{post}/recognition", OTHERS, 404),
    ("reactions.endorse_post", "POST"): Inside("posts/{post}/recognition", OTHERS, 404),
    ("reactions.withdraw_from_post", "POST"): Inside("posts/{post}/recognition/withdraw", READERS, 303),
    ("reactions.recognise_comment", "GET"): Inside("posts/{post}/comments/{comment}/recognition", OTHERS),
    ("reactions.endorse_comment", "POST"): Inside("posts/{post}/comments/{comment}/recognition", OTHERS, 303),
    ("reactions.withdraw_from_comment", "POST"): Inside(
        "posts/{post}/comments/{comment}/recognition/withdraw", READERS, 303
    ),
    # The asker, and trainers.
    ("reactions.accept", "POST"): Inside(
        "posts/{post}/comments/{comment}/acceptance", frozenset({LEARNER, TRAINER}), 303
    ),
    ("comments.delete", "POST"): Inside("posts/{post}/comments/{comment}/delete", AUTHOR, 303),
    ("comments.restore", "POST"): Inside("posts/{post}/comments/{comment}/restore", AUTHOR, 303),
    ("files.chosen", "GET"): Inside("files?attachment=1", READERS),
    ("files.bring", "POST"): Inside("files", READERS, 422),
    # There is no such file: a post of its own would make everybody of the walk its author.
    ("files.show", "GET"): Inside("files/999/nothing.pdf", READERS, 404),
    ("posts.delete", "POST"): Inside("posts/{post}/delete", AUTHOR, 303),
    ("posts.restore", "POST"): Inside("posts/{post}/restore", AUTHOR, 303),
    ("drafts.index", "GET"): Inside("drafts", READERS),
    ("drafts.keep", "POST"): Inside("drafts", READERS, 404),
    ("drafts.show", "GET"): Inside("drafts/9", READERS, 404),
    ("drafts.discard", "POST"): Inside("drafts/9/discard", READERS, 404),
    ("drafts.restore", "POST"): Inside("drafts/9/restore", READERS, 404),
    ("mentions.suggest", "GET"): Inside("mentions?q=a&post={post}", READERS),
    ("prompts.index", "GET"): Inside("prompts", READERS),
    ("prompts.compose", "GET"): Inside("prompts/new", SETTERS),
    ("prompts.write", "POST"): Inside("prompts", SETTERS, 422),
    ("prompts.edit", "GET"): Inside("prompts/{prompt}/edit", SETTERS),
    ("prompts.save", "POST"): Inside("prompts/{prompt}/edit", SETTERS, 422),
    ("prompts.withdraw", "POST"): Inside("prompts/{prompt}/withdraw", SETTERS, 303),
    ("activities.show", "GET"): Inside("activities/nobody-knows-it", READERS),
    ("activities.start", "POST"): Inside("activities/nobody-knows-it", SETTERS, 422),
    # Nothing of that number may be brought over.
    ("activities.bring", "POST"): Inside("activities/nobody-knows-it/bring", SETTERS, 404, {"prompt": "1"}),
    ("search.index", "GET"): Inside("search?q=begin", READERS),
    ("search.similar_questions", "GET"): Inside("questions/similar?title=How+do+you+begin", READERS),
    ("members.index", "GET"): Inside("members", READERS),
    ("members.appoint", "POST"): Inside(
        "members/{member}/appointment", STAFF, 303, {"role": "community_manager"}
    ),
    ("members.appointment", "GET"): Inside("members/{member}/appointment", STAFF),
    ("members.end_appointment", "POST"): Inside("members/{member}/appointment/end", STAFF, 303),
    ("members.confirm_role", "POST"): Inside("members/{member}/role", STAFF, 303),
    ("guests.index", "GET"): Inside("members/guests", STAFF),
    ("guests.invite", "POST"): Inside("members/guests", STAFF, 422, {"name": "Nobody", "email": "nowhere"}),
    # Nobody was invited.
    ("guests.show", "GET"): Inside("members/guests/1", STAFF, 404),
    ("guests.send_again", "POST"): Inside("members/guests/1/link", STAFF, 404, {"last_day": "2027-03-28"}),
    ("guests.withdraw", "POST"): Inside("members/guests/1/withdrawal", STAFF, 404),
    ("members.roster", "GET"): Inside("members/roster", STAFF),
    ("members.read_roster", "POST"): Inside("members/roster", STAFF, 303),
    # No list is held: there is nothing to decide, for those who might.
    ("members.decide_on_roster", "POST"): Inside("members/roster/1/decision", STAFF, 404),
    ("people.show", "GET"): Inside("members/{member}", READERS),
    # Nobody has one; who may not read here is not told so.
    ("people.picture", "GET"): Inside("members/{member}/picture", READERS, 404),
    ("profile.edit", "GET"): Inside("profile", READERS),
    ("profile.save", "POST"): Inside("profile", READERS, 303),
    ("profile.choose_picture", "POST"): Inside("profile/picture", READERS, 422),
    ("profile.choose_lms_picture", "POST"): Inside("profile/picture/lms", READERS, 303, {"show": "true"}),
    ("profile.remove_picture", "POST"): Inside("profile/picture/remove", READERS, 303),
    ("dividing.index", "GET"): Inside("spaces", STAFF),
    ("dividing.preview", "POST"): Inside("spaces/preview", STAFF, 422),
    ("dividing.divide", "POST"): Inside("spaces", STAFF, 422),
    ("dividing.leave", "POST"): Inside("spaces/leave", STAFF, 303),
    # Nothing is divided.
    ("dividing.close", "POST"): Inside("spaces/1/close", STAFF, 404),
    ("dividing.open_again", "POST"): Inside("spaces/1/open", STAFF, 404),
    ("dividing.enter", "POST"): Inside("spaces/1/enter", EVERYBODY, 404),
    ("subgroups.index", "GET"): Inside("subgroups", READERS),
    ("subgroups.make", "POST"): Inside("subgroups", SETTERS, 422),
    ("subgroups.follow", "POST"): Inside("subgroups/follow", SETTERS, 422),
    # There is none of this number, for those who might.
    ("subgroups.show", "GET"): Inside("subgroups/1", READERS, 404),
    ("subgroups.edit", "GET"): Inside("subgroups/1/edit", SETTERS, 404),
    ("subgroups.save", "POST"): Inside("subgroups/1/edit", SETTERS, 404),
    ("subgroups.close", "POST"): Inside("subgroups/1/close", SETTERS, 404),
    ("subgroups.bring_back", "POST"): Inside("subgroups/1/bring-back", SETTERS, 404),
    ("subgroups.members", "GET"): Inside("subgroups/1/members", SETTERS, 404),
    ("subgroups.put_in", "POST"): Inside("subgroups/1/members", SETTERS, 404),
    ("subgroups.take_out", "POST"): Inside("subgroups/1/members/out", SETTERS, 404),
    ("participation.mine", "GET"): Inside("participation", frozenset({LEARNER, MANAGER})),
    # Grading is off: what is about a column that does not exist is not found, by those who may look for it.
    ("grading.index", "GET"): Inside("grading", frozenset({TRAINER})),
    ("grading.progress", "GET"): Inside("grading/progress", frozenset({TRAINER}), 404),
    ("grading.switch_on", "POST"): Inside("grading", frozenset({TRAINER}), 422),
    ("grading.member", "GET"): Inside("grading/members/{member}", frozenset({TRAINER}), 301),
    ("grading.send", "POST"): Inside("grading/send", frozenset({TRAINER}), 404),
    ("grading.decide", "POST"): Inside("grading/deliveries/1/decision", frozenset({TRAINER}), 404),
    ("grading.restore", "POST"): Inside("grading/deliveries/1/restore", frozenset({TRAINER}), 404),
    ("questions.ask", "POST"): Inside(
        "participation/questions", frozenset({LEARNER, MANAGER}), 404, TYPED | {"subject": "score"}
    ),
    ("questions.index", "GET"): Inside("grading/questions", frozenset({TRAINER})),
    ("questions.answer", "POST"): Inside("grading/questions/1/answer", frozenset({TRAINER}), 404, TYPED),
    ("grading.make_again", "POST"): Inside("grading/line-items/1/again", frozenset({TRAINER}), 404),
    ("columns.index", "GET"): Inside("grading/columns", frozenset({TRAINER}), 404),
    ("columns.add", "POST"): Inside("grading/columns", frozenset({TRAINER}), 404),
    ("columns.automatic", "POST"): Inside(
        "grading/columns/1/automatic", frozenset({TRAINER}), 404, {"on": "true"}
    ),
    ("columns.rename", "POST"): Inside(
        "grading/columns/1/name", frozenset({TRAINER}), 404, {"name": "Another"}
    ),
    ("columns.remove_from_lms", "POST"): Inside("grading/line-items/1/delete", frozenset({TRAINER}), 404),
    ("columns.pause", "POST"): Inside("grading/columns/1/pause", frozenset({TRAINER}), 404, {"on": "true"}),
    ("columns.accept_unread", "POST"): Inside("grading/line-items/1/unread", frozenset({TRAINER}), 404),
    ("assessment.learner", "GET"): Inside("grading/learners/{member}", frozenset({TRAINER}), 404),
    ("assessment.excuses", "GET"): Inside("grading/excuses", frozenset({TRAINER}), 404),
    ("assessment.excuse_several", "POST"): Inside("grading/excuses", frozenset({TRAINER}), 404),
    ("assessment.mark", "POST"): Inside("grading/learners/{member}/marks", frozenset({TRAINER}), 404),
    ("assessment.mark_several", "POST"): Inside(
        "grading/learners/{member}/marks/several", frozenset({TRAINER}), 404
    ),
    ("assessment.undo_marks", "POST"): Inside(
        "grading/learners/{member}/marks/undo", frozenset({TRAINER}), 303
    ),
    ("marking.index", "GET"): Inside("grading/to-mark", frozenset({TRAINER}), 404),
    ("marking.choose", "POST"): Inside("grading/to-mark/learners", frozenset({TRAINER}), 303),
    ("marking.mark", "POST"): Inside("grading/to-mark", frozenset({TRAINER}), 404),
    ("marking.undo", "POST"): Inside("grading/to-mark/undo", frozenset({TRAINER}), 303),
    ("assessment.assess", "POST"): Inside("grading/learners/{member}/rubric", frozenset({TRAINER}), 404),
    ("assessment.excuse", "POST"): Inside("grading/learners/{member}/excuses", frozenset({TRAINER}), 404),
    ("assessment.decide", "POST"): Inside("grading/learners/{member}/decisions", frozenset({TRAINER}), 404),
    ("assessment.write_feedback", "POST"): Inside(
        "grading/learners/{member}/feedback", frozenset({TRAINER}), 404
    ),
    ("policies.form", "GET"): Inside("grading/policy", frozenset({TRAINER}), 404),
    ("policies.preview", "POST"): Inside("grading/policy/preview", frozenset({TRAINER}), 404),
    ("policies.adopt", "POST"): Inside("grading/policy", frozenset({TRAINER}), 404),
    ("policies.history", "GET"): Inside("grading/policy/history", frozenset({TRAINER}), 404),
    ("evidence.index", "GET"): Inside("grading/exports", frozenset({TRAINER})),
    ("evidence.everybody", "GET"): Inside("grading/evidence.json", frozenset({TRAINER})),
    ("evidence.one_member", "GET"): Inside("grading/members/{member}/evidence.json", frozenset({TRAINER})),
    ("evidence.facts", "GET"): Inside("grading/facts.csv", frozenset({TRAINER})),
    ("evidence.scores", "GET"): Inside("grading/scores.csv", frozenset({TRAINER}), 404),
    ("evidence.workbook", "GET"): Inside("grading/scores.xlsx", frozenset({TRAINER}), 404),
    ("evidence.marks_template", "GET"): Inside("grading/marks.xlsx", frozenset({TRAINER}), 404),
    ("evidence.marks_template_as_text", "GET"): Inside("grading/marks.csv", frozenset({TRAINER}), 404),
    ("evidence.look_at_marks", "POST"): Inside("grading/marks", frozenset({TRAINER}), 422),
    ("evidence.take_marks_over", "POST"): Inside("grading/marks/confirm", frozenset({TRAINER}), 422),
    ("evidence.mine", "GET"): Inside("participation/evidence.json", frozenset({LEARNER, MANAGER})),
    ("evidence.my_facts", "GET"): Inside("participation/evidence.csv", frozenset({LEARNER, MANAGER})),
    ("preferences.language", "POST"): Inside("preferences/language", EVERYBODY, 303, {"language": "en"}),
    ("preferences.theme", "POST"): Inside("preferences/theme", EVERYBODY, 303, {"theme": "dark"}),
    ("preferences.discard_kept", "POST"): Inside("kept/1/discard", EVERYBODY, 303),
    # For seats launched as an administrator of the LMS, whatever their role here.
    ("connection.index", "GET"): Inside("connection", frozenset()),
    ("tabs.open_in_tab", "POST"): Inside("tab", EVERYBODY),
    ("preferences.sign_out", "POST"): Inside("sign-out", EVERYBODY, 200),
}

# Everything of the console: the address, what an administrator of another organisation gets, and an operator.
CONSOLE = {
    ("admin.index", "GET"): Console("/admin/", 200, 200),
    ("admin.language", "POST"): Console("/admin/language", 303, 303, {"language": "fr"}),
    ("platforms.index", "GET"): Console("/admin/platforms", 200, 200),
    ("platforms.choose", "GET"): Console("/admin/platforms/connect?lms=moodle", 200, 200),
    ("platforms.connect", "POST"): Console("/admin/platforms/connect", 422, 422, {"lms": "moodle"}),
    ("platforms.invite", "POST"): Console("/admin/platforms/invitations", 422, 422, {"name": ""}),
    ("platforms.withdraw", "POST"): Console("/admin/platforms/invitations/1/withdraw", 404, 404),
    ("platforms.show", "GET"): Console("/admin/platforms/{platform}", 404, 200),
    ("platforms.check", "GET"): Console("/admin/platforms/{platform}/check", 404, 200),
    ("platforms.ask_for_check", "POST"): Console("/admin/platforms/{platform}/check", 404, 303),
    ("platforms.help_page", "GET"): Console("/admin/help/moodle", 200, 200),
    ("admin_people.index", "GET"): Console("/admin/people", 200, 200),
    ("admin_people.show", "GET"): Console("/admin/people/1", 404, 404),
    ("admin_people.erase", "POST"): Console("/admin/people/1/erasure", 404, 404),
    ("admin_account.index", "GET"): Console("/admin/account", 200, 200),
    ("admin_account.save", "POST"): Console("/admin/account", 303, 303, {"name": "Ruth"}),
    ("admin_account.propose", "POST"): Console("/admin/account/factor", 303, 303),
    ("admin_account.switch_on", "POST"): Console("/admin/account/factor/on", 422, 422),
    ("admin_account.switch_off", "POST"): Console("/admin/account/factor/off", 422, 422),
    ("admin_account.end_others", "POST"): Console("/admin/account/sessions", 303, 303),
    ("admin_administrators.index", "GET"): Console("/admin/administrators", 403, 200),
    ("admin_administrators.add", "POST"): Console("/admin/administrators", 403, 422),
    ("admin_administrators.disable", "POST"): Console("/admin/administrators/999/disable", 403, 404),
    ("admin_administrators.withdraw", "POST"): Console(
        "/admin/administrators/999/organisations/1/withdraw", 403, 404
    ),
    ("admin.sign_out", "POST"): Console("/admin/sign-out", 303, 303),
    ("launch_log.index", "GET"): Console("/admin/launches", 200, 200),
    ("launch_log.show", "GET"): Console("/admin/launches/CV-2222-2222", 404, 404),  # nobody launched
    ("launch_log.of_platform", "GET"): Console("/admin/platforms/{platform}/launches", 404, 303),
    ("admin_audit.index", "GET"): Console("/admin/audit", 200, 200),
    ("admin_audit.as_csv", "GET"): Console("/admin/audit.csv", 200, 200),
    ("admin_audit.as_json", "GET"): Console("/admin/audit.json", 200, 200),
    ("deployments.index", "GET"): Console("/admin/platforms/{platform}/deployments", 404, 200),
    ("deployments.choose_policy", "POST"): Console(
        "/admin/platforms/{platform}/deployments/policy", 404, 303, {"policy": "strict"}
    ),
    # The platform has no deployment yet: there is none to decide about.
    ("deployments.accept", "POST"): Console("/admin/platforms/{platform}/deployments/1/accept", 404, 404),
    ("deployments.refuse", "POST"): Console("/admin/platforms/{platform}/deployments/1/refuse", 404, 404),
    ("deployments.describe", "POST"): Console(
        "/admin/platforms/{platform}/deployments/1/description", 404, 404
    ),
    ("role_rules.form", "GET"): Console("/admin/platforms/{platform}/deployments/1/roles", 404, 404),
    ("role_rules.edit", "POST"): Console("/admin/platforms/{platform}/deployments/1/roles", 404, 404),
    ("role_rules.confirm", "POST"): Console(
        "/admin/platforms/{platform}/deployments/1/roles/confirm", 404, 404
    ),
    ("origins.index", "GET"): Console("/admin/platforms/{platform}/origins", 404, 200),
    ("origins.allow", "POST"): Console("/admin/platforms/{platform}/origins", 404, 422),
    ("origins.withdraw", "POST"): Console("/admin/platforms/{platform}/origins/1/withdraw", 404, 404),
    ("platform_life.index", "GET"): Console("/admin/platforms/{platform}/connection", 404, 200),
    ("platform_life.suspend", "POST"): Console(
        "/admin/platforms/{platform}/suspension", 404, 303, {"paused": "false"}
    ),
    ("platform_life.remove", "POST"): Console("/admin/platforms/{platform}/removal", 404, 409),
    ("platform_life.preview", "GET"): Console(
        "/admin/platforms/{platform}/succession?old={platform}", 404, 409
    ),
    ("platform_life.succeed", "POST"): Console(
        "/admin/platforms/{platform}/succession?old={platform}", 404, 409
    ),
    ("platform_life.undo", "POST"): Console("/admin/platforms/{platform}/succession/undo", 404, 404),
    ("keys.index", "GET"): Console("/admin/keys", 403, 200),
    ("keys.rotate", "POST"): Console("/admin/keys/rotation", 403, 303),
}

OUTSIDE = {
    ("sign_in.index", "GET"): ("/sign-in", 200),
    ("sign_in.ask", "POST"): ("/sign-in", 422),
    ("sign_in.code", "GET"): ("/sign-in/code", 401),
    ("sign_in.show_code", "POST"): ("/sign-in/code", 401),
    ("sign_in.by_portal", "GET"): ("/sign-in/openid", 404),  # none is configured
    ("sign_in.from_portal", "GET"): ("/sign-in/openid/callback", 200),
    ("sign_in.enter_from_portal", "POST"): ("/sign-in/openid/callback", 410),
    ("sign_in.look", "GET"): ("/o/nobody-made-it", 410),
    ("sign_in.use", "POST"): ("/o/nobody-made-it", 410),
    ("guest_links.index", "GET"): ("/sign-in/guest", 200),
    # A form that does not come from our own page.
    ("guest_links.ask", "POST"): ("/sign-in/guest", 403),
    ("guest_links.look", "GET"): ("/o/guest/nobody-made-it", 410),
    ("guest_links.come_in", "POST"): ("/o/guest/nobody-made-it", 403),
    ("guest_links.sign_other_out", "POST"): ("/o/guest/nobody-made-it/sign-out", 403),
    ("calendar_links.read", "GET"): ("/o/calendar/nobody-made-it.ics", 404),
    ("mail_links.look", "GET"): ("/o/mails/nobody-made-it", 404),
    ("mail_links.stop", "POST"): ("/o/mails/nobody-made-it", 404),
    ("file_links.read", "GET"): ("/files/nobody-signed-it", 404),
    ("front.index", "GET"): ("/", 200),
    ("front.accessibility", "GET"): ("/accessibility", 200),
    ("front.privacy", "GET"): ("/privacy", 200),
    ("health.alive", "GET"): ("/healthz", 200),
    ("health.ready", "GET"): ("/readyz", 503),  # no worker runs
    ("metrics.metrics", "GET"): ("/metrics", 404),  # the public address is a proxy's
    ("lti.login", "GET"): ("/lti/login", 400),
    ("lti.login", "POST"): ("/lti/login", 400),
    ("lti.cookie_check", "GET"): ("/lti/login/cookie", 200),
    ("lti.login_by_storage", "GET"): ("/lti/login/storage", 400),
    ("lti.prove", "POST"): ("/lti/launch/proof", 400),
    ("arrivals.look", "GET"): ("/o/tab/nobody-made-it", 400),
    ("arrivals.arrive", "POST"): ("/o/tab/nobody-made-it", 400),
    ("lti.launch_address", "GET"): ("/lti/launch", 200),
    ("lti.launch", "POST"): ("/lti/launch", 400),
    ("lti.choose", "POST"): ("/lti/launch/choice", 400),
    ("content.place", "POST"): ("/lti/content", 400),
    ("notices.receive", "POST"): ("/lti/notices", 400),
    ("lti.key_set", "GET"): ("/lti/jwks.json", 200),
    ("registration.look", "GET"): ("/lti/register/nobody-invited", 404),
    ("registration.confirm", "POST"): ("/lti/register/nobody-invited", 404),
    ("registration.canvas", "GET"): ("/lti/canvas.json", 200),
    ("static", "GET"): ("/static/css/base.css", 200),
}

UNKNOWN = (
    "nothing",
    "posts/1/nothing",
    "members/1/nothing",
    "preferences",
    "grading/deliveries",
    "..%2fx",
    "a//b",
)
WRONG_METHODS = (
    ("DELETE", ""),
    ("PUT", "posts"),
    ("POST", ""),
    ("GET", "seen"),
    ("PATCH", "posts/{post}/edit"),
)
NOT_IDS = ("0", "-1", "00", "01", "1.5", "1e3", "abc", "%00", "9999999999", "9" * 40, "²", "١")


@pytest.fixture
def place(space):
    """A community with a post and a reply by the learner, and what addresses need to know of it."""
    space.home_of(TRAINER).post("prompts", **TYPED)
    with space.world.database() as session:
        prompt = session.scalars(select(Prompt.id)).one()
    thread = space.write("ines")
    reply = space.reply("ines", thread)
    space.home("hugo")
    comment = reply.soup.select_one("article[id^=comment-]")["id"].removeprefix("comment-")
    names = {"post": id_of(thread), "comment": comment, "member": space.number("hugo"), "prompt": prompt}
    return Place(space, thread.community, names)


@dataclass(frozen=True)
class Place:
    space: object
    community: str
    names: dict

    def below(self, address: str) -> str:
        return address.format(**self.names)

    def every_address(self):
        """Return method and address of everything inside, unknown paths and wrong methods included."""
        known = [(method, one.below) for (_, method), one in INSIDE.items()]
        unknown = [("GET", path) for path in UNKNOWN] + [("POST", path) for path in UNKNOWN]
        return [(method, self.below(path)) for method, path in [*known, *unknown, *WRONG_METHODS]]


def ask(browser, method: str, address: str, fields: dict | None = None, **headers: str):
    """Send a request as the browser does; nothing is followed."""
    return browser.tool.open(
        address,
        method=method,
        data=fields or {},
        base_url=TOOL,
        headers=browser.headers | headers,
        buffered=True,
    )


class TestTheTable:
    def test_names_every_address_of_the_tool(self, app):
        walked = set(INSIDE) | set(OUTSIDE) | set(CONSOLE)
        existing = {
            (rule.endpoint, method)
            for rule in app.url_map.iter_rules()
            for method in rule.methods - {"HEAD", "OPTIONS"}
        }
        assert existing == walked

    def test_says_where_they_are(self, app):
        urls = app.url_map.bind("tool.test", url_scheme="https")
        for (endpoint, method), inside in INSIDE.items():
            path = inside.below.format(post=1, comment=1, member=1, prompt=1).partition("?")[0]
            assert urls.match(f"/communities/1/{path}", method=method)[0] == endpoint


class TestSignedOut:
    def test_every_address_of_every_community_gives_the_same_page(self, place):
        stranger = place.space.world.browser()
        answers = set()
        for method, below in place.every_address():
            for community in (place.community, "/communities/77777/"):
                response = ask(stranger, method, community + below)
                assert response.status_code == 401, (method, community, below)
                answers.add((response.data, str(self.seen_headers(response))))
        assert len(answers) == 1

    def seen_headers(self, response):
        # The cookie is the browser's own note of where it wanted to go, the id is random for each request.
        told = ("Set-Cookie", "X-Request-ID")
        return [(name, value) for name, value in response.headers if name not in told]

    def test_what_is_no_id_looks_like_one_that_does_not_exist(self, world):
        stranger = world.browser()
        expected = ask(stranger, "GET", "/communities/77777/").data
        for number in NOT_IDS:
            for address in (f"/communities/{number}/", f"/communities/1/posts/{number}", "/communities"):
                response = ask(stranger, "GET", address)
                assert (response.status_code, response.data) == (401, expected), address

    def test_head_and_options_tell_no_more(self, space):
        community, stranger = space.home_of(LEARNER).community, space.world.browser()
        for method in ("HEAD", "OPTIONS"):
            assert ask(stranger, method, community).status_code == 401

    def test_a_session_that_never_was_helps_nobody(self, space):
        community, stranger = space.home_of(LEARNER).community, space.world.browser()
        stranger.tool.set_cookie("__Host-cv_session", "made-up", domain="tool.test", secure=True)
        assert ask(stranger, "GET", community).status_code == 401
        assert ask(stranger, "GET", community + "nothing").status_code == 401

    def test_what_lies_before_the_space_answers_everybody(self, world):
        for (_, method), (address, status) in OUTSIDE.items():
            assert ask(world.browser(), method, address).status_code == status, address


class TestSomebodyOfAnotherCommunity:
    def test_finds_nothing_at_all(self, place):
        outsider = place.space.world.enter("grace", ENGLISH)
        fields = {"seat_token": outsider.seat_token}
        for method, below in place.every_address():
            response = ask(outsider.browser, method, place.community + below, fields)
            assert response.status_code == 404, (method, below)

    def test_reads_nothing_of_it_through_the_own_community(self, place):
        outsider = place.space.world.enter("grace", ENGLISH)
        for (_, method), inside in INSIDE.items():
            if "{" in inside.below:
                below = place.below(inside.below)
                fields = {"seat_token": outsider.seat_token, **TYPED, "version": "0", **inside.sends}
                response = ask(outsider.browser, method, outsider.community + below, fields)
                # A learner is told first that members' roles and grades are not theirs to look into.
                expected = 404 if LEARNER in inside.who or inside.who == OTHERS else 403
                assert response.status_code == expected, below


class TestSomebodyWhoWasRemoved:
    def test_finds_nothing_any_more_with_the_page_still_open(self, place):
        home = place.space.home_of(LEARNER)
        with place.space.world.app.app_context(), transaction():
            membership = db.session.get(Membership, place.space.number("ines"))
            membership.state = MembershipState.REMOVED
        for method, below in place.every_address():
            fields = {"seat_token": home.seat_token, **TYPED}
            response = ask(home.browser, method, place.community + below, fields)
            assert response.status_code == 404, (method, below)


class TestMembers:
    @pytest.mark.parametrize("role", list(Role), ids=str)
    def test_get_what_their_role_allows_and_else_who_may(self, place, role):
        home = place.space.home_of(role)
        for (endpoint, method), inside in INSIDE.items():
            fields = {"seat_token": home.seat_token, **inside.sends}
            response = ask(home.browser, method, home.community + place.below(inside.below), fields)
            expected = inside.answer if role in inside.who else 403
            assert response.status_code == expected, (endpoint, method)
            if expected == 403:
                assert b'<span class="badge">' in response.data, endpoint

    @pytest.mark.parametrize("role", [LEARNER, TRAINER, OBSERVER], ids=str)
    def test_find_nothing_where_nothing_is(self, place, role):
        home = place.space.home_of(role)
        fields = {"seat_token": home.seat_token}
        for below in UNKNOWN:
            assert ask(home.browser, "GET", home.community + below).status_code == 404, below
            assert ask(home.browser, "POST", home.community + below, fields).status_code == 404, below
        for method, below in WRONG_METHODS:
            address = home.community + place.below(below)
            assert ask(home.browser, method, address, fields).status_code == 404, (method, below)

    def test_find_nothing_under_what_is_no_id(self, place):
        home = place.space.home_of(LEARNER)
        for number in NOT_IDS:
            for address in (
                f"/communities/{number}/",
                f"{home.community}posts/{number}",
                f"{home.community}posts/{place.names['post']}/comments/{number}/edit",
            ):
                assert ask(home.browser, "GET", address).status_code == 404, address

    def test_reach_a_community_whose_address_lacks_its_slash(self, space):
        home = space.home_of(LEARNER)
        response = ask(home.browser, "GET", home.community.rstrip("/"))
        assert response.status_code == 308
        assert response.location == TOOL + home.community


class TestActingWithoutAGenuineToken:
    """Whoever sends it: a form of a page that was not made for this very seat and session is refused."""

    def refused(self, place, browser, **sent):
        for (endpoint, method), inside in INSIDE.items():
            if method == "POST":
                address = place.community + place.below(inside.below)
                response = ask(browser, method, address, TYPED | inside.sends | sent)
                assert response.status_code == 403, endpoint
                for words in TYPED.values():
                    assert words in response.get_data(as_text=True), endpoint

    def test_none(self, place):
        self.refused(place, place.space.home_of(TRAINER).browser)

    def test_a_made_up_one(self, place):
        browser = place.space.home_of(TRAINER).browser
        self.refused(place, browser, seat_token="1.0000")
        for token in ("x", "1.", ".", "999999999999.ab", "²." + "a" * 64, "1\0.ab"):
            assert ask(browser, "POST", f"{place.community}posts", {"seat_token": token}).status_code == 403

    def test_one_whose_seat_number_was_changed(self, place):
        home = place.space.home_of(TRAINER)
        mac = home.seat_token.partition(".")[2]
        self.refused(place, home.browser, seat_token=f"{int(home.seat) + 1}.{mac}")

    def test_that_of_somebody_else_in_another_browser(self, place):
        foreign = place.space.home("ines").seat_token
        self.refused(place, place.space.home_of(TRAINER).browser, seat_token=foreign)

    def test_that_of_the_same_person_in_another_browser(self, place):
        foreign = place.space.world.enter("claire").seat_token
        self.refused(place, place.space.home_of(TRAINER).browser, seat_token=foreign)

    def test_that_of_the_same_browser_s_other_community(self, place):
        browser = place.space.home_of(TRAINER).browser
        elsewhere = browser.open_community(ENGLISH)
        self.refused(place, browser, seat_token=elsewhere.seat_token)

    def test_the_header_counts_as_the_field_does(self, space):
        home = space.home_of(LEARNER)
        address = home.community + "preview"
        response = ask(home.browser, "POST", address, TYPED, **{"X-Seat-Token": home.seat_token})
        assert response.status_code == 200
        assert ask(home.browser, "POST", address, TYPED, **{"X-Seat-Token": "x"}).status_code == 403

    def test_nothing_was_changed_by_any_of_it(self, place):
        home = place.space.home_of(LEARNER)
        self.refused(place, home.browser, seat_token="1.0000")
        thread = home.get(f"posts/{place.names['post']}")
        assert "How do you begin?" in thread.text
        assert "Like this." in thread.text


class TestTheConsole:
    """Every address: for nobody, an administrator of another organisation, an operator, without token."""

    UNKNOWN = ("/admin", "/admin/nothing", "/admin/platforms/1/nothing", "/admin//")

    @staticmethod
    def of(world, one: Console) -> str:
        return one.address.format(platform=world.platform_id)

    def test_is_closed_to_whoever_is_not_signed_in(self, world):
        browser = world.browser()
        known = [(method, self.of(world, one)) for (_, method), one in CONSOLE.items()]
        for method, address in [*known, *(("GET", path) for path in self.UNKNOWN)]:
            answer = ask(browser, method, address)
            assert answer.status_code == 401, (method, address)
            assert "/sign-in" in answer.get_data(as_text=True), address

    def test_is_closed_to_members_of_a_community(self, world):
        trainer = world.enter("claire")
        for (_, method), one in CONSOLE.items():
            assert ask(trainer.browser, method, self.of(world, one)).status_code == 401, one.address

    @pytest.mark.parametrize("kind", ["outsider", "operator"])
    def test_answers_as_it_says(self, world, kind):
        for (_, method), one in CONSOLE.items():
            who = administrator(world, operator=kind == "operator", organisation="Another school")
            sent = one.sends | {"admin_token": who.token} if method == "POST" else None
            answer = ask(who, method, self.of(world, one), sent)
            assert answer.status_code == getattr(one, kind), (method, one.address)
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], one.address

    def test_changes_nothing_without_the_token_of_the_session(self, world):
        who, other = administrator(world, operator=True), administrator(world, operator=True)
        for (_, method), one in CONSOLE.items():
            if method != "POST":
                continue
            for token in ("", "0" * 64, other.token):
                answer = ask(who, method, self.of(world, one), one.sends | {"admin_token": token})
                assert answer.status_code == 403, one.address

    @pytest.mark.parametrize("shares", [False, True], ids=["stranger", "tenant"])
    def test_finds_nothing_of_another_organisation_by_its_very_numbers(self, world, shares):
        """As for numbers that nobody has: of the platform's other deployments not even a tenant learns."""
        operator = administrator(world, operator=True)
        world.enter("claire")
        with world.app.app_context(), transaction():
            invited = invitations.invite("Theirs", None, TOOL, clock.now(), timedelta(days=1)).id
            other = platforms.add(
                Registration("Other", "https://a.test", "a", *("https://a.test/x",) * 3),
                None,
                TOOL,
                clock.now(),
            ).id
            if shares:
                platforms.approve(world.platform_id, "tenant", clock.now(), "Another school", TOOL)
            one = db.session.scalars(select(Deployment).where(Deployment.deployment_id == "1")).one().id
            platform = db.session.get(Platform, other)
            origins.allow(platform, "https://portal.test", clock.now())
            origin = db.session.scalars(select(PlatformOrigin.id)).one()
            reference = db.session.scalars(select(LaunchRecord.reference)).one()
        stranger = administrator(world, organisation="Another school")
        shared, theirs = f"/admin/platforms/{world.platform_id}", f"/admin/platforms/{other}"
        roles = f"{shared}/deployments/%s/roles"
        for method, address, number in (
            ("GET", "/admin/launches/%s", reference),
            ("POST", "/admin/platforms/invitations/%s/withdraw", invited),
            ("GET", "/admin/platforms/%s", other),
            ("GET", "/admin/platforms/%s/check", other),
            ("POST", "/admin/platforms/%s/check", other),
            ("GET", "/admin/platforms/%s/launches", other),
            ("GET", "/admin/platforms/%s/deployments", other),
            ("GET", "/admin/platforms/%s/origins", other),
            ("GET", "/admin/platforms/%s/connection", other),
            ("POST", "/admin/platforms/%s/suspension", other),
            ("POST", "/admin/platforms/%s/removal", other),
            ("POST", f"{theirs}/origins/%s/withdraw", origin),
            ("POST", f"{theirs}/succession?old=%s", world.platform_id),
            ("POST", f"{theirs}/succession/undo?old=%s", world.platform_id),
            *(("POST", f"{shared}/deployments/%s/{act}", one) for act in ("accept", "refuse", "description")),
            *(("GET", roles, one), ("POST", roles, one), ("POST", roles + "/confirm", one)),
        ):
            unknown = "CV-2222-2222" if number == reference else 999_999
            sent = {"admin_token": stranger.token} if method == "POST" else None
            answer, expected = (ask(stranger, method, address % part, sent) for part in (number, unknown))
            assert (answer.status_code, answer.data) == (404, expected.data), (method, address)
        assert operator.get(f"/admin/launches/{reference}").status == 200
