"""Every query of the pages and of a launch stands on an index: the databases' own plans are read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BytesIO

import pytest
from sqlalchemy import event, insert, select, text
from werkzeug.datastructures import FileStorage

from lti_tool import clock
from lti_tool.errors import MailRefused
from lti_tool.extensions import db
from lti_tool.models import (
    AuditEntry,
    Community,
    CourseGroup,
    CourseGroupMember,
    Enrolment,
    GroupSource,
)
from lti_tool.services import (
    audit,
    file_sweep,
    guest_records,
    letters,
    link_previews,
    mail_choices,
    mail_links,
    mail_rounds,
    messages,
)
from lti_tool.services.messages import Outgoing
from lti_tool.transactions import reading, transaction
from tests.functional.filling import fill
from tests.functional.space import id_of
from tests.support.administrators import administrator
from tests.support.classroom import Classroom
from tests.support.content import Dialog, open_link
from tests.support.world import TOOL
from tests.unit.knowledge.sample_files import TAKEN

# It does everything that pages offer, several times over.
pytestmark = pytest.mark.timeout(240)
# Tables that hold a handful of rows in the largest installation.
SMALL = frozenset({"platform", "organisation", "succession", "tool_key"})


@contextmanager
def noted() -> Iterator[dict[str, object]]:
    """Collect what a block sends that looks for rows, with the parameters of the first time."""
    sent: dict[str, object] = {}

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE")) and not executemany:
            sent.setdefault(statement, parameters)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def walk(classroom: Classroom, number: int) -> None:
    """Do everything that pages offer, as a learner and as a trainer; `number` is another member's."""
    learner, trainer = classroom.learner("ines"), classroom.trainer
    mails(classroom, learner)
    thread = f"posts/{id_of(classroom.ask('ines'))}"
    first = learner.post(f"{thread}/comments", body="First reply")
    reply = f"{thread}/comments/{first.soup.select_one('article[id^=comment-]')['id'].partition('-')[2]}"
    learner.post(f"{thread}/edit", title="New title", body="New words", version="0")
    learner.post(f"{reply}/edit", body="New reply", version="0")
    helping(classroom, thread, reply)
    pages = ["", "?filter=mine", "?filter=unanswered", "changes", "members", thread, f"{thread}/edit"]
    pages += [f"{thread}/history", f"{reply}/edit", f"{reply}/history", "posts/new?kept=1"]
    pages += [
        "search?q=new+words",
        "search?q=%22new+words%22&kind=reply&author=1&topic=1&period=week&solved=1",
    ]
    pages += ["questions/similar?title=Another+title+of+words"]
    pages += ["help", "help/learner", "my-data"]
    pages += ["notifications", "notifications?before=1700000000.0-5", "notifications/count?known=7"]
    pages += ["mails", "mails/sent", "mails/sent?before=1700000000.0-5", "calendar"]
    for page in (*pages, "participation"):
        learner.browser.get(learner.community + page)
    older = learner.soup.select_one("a[href*='before=']")
    learner.browser.get(older["href"] if older else f"{learner.community}?before=1700000000.0-5")
    learner.post("seen")
    learner.post("my-data/copy")
    learner.post("notifications/read", until=clock.now().isoformat(), post="1")
    mentions(learner, number)
    drafts(learner, id_of(first))
    learner.post("kept/1/discard")
    the_space(trainer, learner)
    learner.post("posts", body="Lost", seat_token="1.0")
    prompts(trainer, learner)
    kinds(trainer, learner)
    people(trainer, learner, number)
    finding(trainer, learner)
    audit_log(trainer, number)
    files(learner)
    moderation(trainer, learner, number)
    trainer.post(f"members/{number}/appointment", role="community_manager")
    trainer.post(f"members/{number}/appointment/end")
    trainer.post(f"members/{number}/role")
    for page in (
        "",
        "members",
        "grading",
        "grading?show=to-send",
        "grading/progress",
        "grading/policy",
        "grading/policy/history",
        f"grading/learners/{number}",
        "grading/to-mark",
        f"grading/to-mark?week=1&prompt=1&kind=question&member={number}&before=1700000000.0-5",
    ):
        trainer.browser.get(trainer.community + page)
    marked = trainer.post("grading/to-mark", pick=["post:1=", "comment:1="], mark="0")
    trainer.post("grading/to-mark/undo", at=marked.soup.select_one("input[name=at]")["value"])
    classroom.send()
    trainer.post("grading/send", member=str(number))
    placed(classroom, number)
    shared(classroom)
    learner.post(f"{reply}/delete")
    learner.post(f"{thread}/delete")
    into_a_tab(learner)
    guests(trainer)
    lost_in_the_middle(classroom)


def mails(classroom: Classroom, learner) -> None:
    """Choose what comes by mail, be told, have it made a mail and sent, be refused, stop, go on."""
    world = classroom.world
    chosen = {f"kind-{kind}": "at-once" for kind in mail_choices.KINDS}
    learner.post("mails", quiet_from="0", quiet_until="0", digest_hour="8", digest_day="0", **chosen)
    learner.post("mails/again")
    settings = world.app.extensions["settings"]
    object.__setattr__(settings, "mail_url", "smtp://127.0.0.1:1")
    for number in range(3):
        classroom.trainer.post("posts", kind="announcement", title=f"Told {number}", body="Words.")
    object.__setattr__(settings, "mail_url", None)
    with world.app.app_context():
        for hours in (1, 2):
            mail_rounds.make_due(lambda hours=hours: clock.now() + timedelta(hours=hours), transaction)
        messages.send_due(when_mails_are_sent, transaction, refused_once_read)
        with transaction():
            messages.sweep(clock.now() + messages.MEMBERS_KEPT_FOR + timedelta(days=1))
            # Empty tables are planned as if scanned.
            messages.ask_for(messages.SIGN_IN, "ruth@school.test", None, {}, clock.now())
            member = int(learner.soup.body["data-me"].partition(":")[2])
            mail_links.recipient(mail_links.address_for(member).rpartition("/")[2])
            for act in (mail_choices.stop, mail_choices.go_on, mail_choices.weekly_only):
                act(member, clock.now())


def when_mails_are_sent() -> datetime:
    """Return what the clock of the mails says: one for all, or a quiet hour that it knows over never ends."""
    return clock.now() + timedelta(hours=2)


def refused_once_read(outgoing: Outgoing) -> None:
    """Read what a mail says and do as a server that knows no such address."""
    letters.of_message(outgoing.id, outgoing.member_id, outgoing.recipient, when_mails_are_sent())
    raise MailRefused("550 recipient", address=True)


def audit_log(trainer, number: int) -> None:
    """Look through the audit log in every way, page after page; take it along; let the clock tell areas."""
    day, after = "from=2026-01-01&to=2026-12-31", "before=1700000000.0-5"
    for one in (
        "",
        f"area=people&{day}",
        f"person={number}&{after}",
        f"area=grading&{day}&{after}",
        "name=a",
    ):
        trainer.browser.get(f"{trainer.community}audit?{one}")
    for ending in ("csv", "json"):
        trainer.browser.get(f"{trainer.community}audit.{ending}?person={number}")
    with trainer.browser.world.app.app_context(), transaction():
        audit.tell_areas()


def moderation(trainer, learner, number: int) -> None:
    """Report, decide, answer, lock, mute; look at every queue; set what is watched, and write it."""
    trainer.post("moderation/settings", hourly_limit="60", first_day_limit="50", watched_words="zut")
    written = trainer.post("posts", kind="question", title="By staff", body="Of the trainer.")
    thread = f"posts/{id_of(written)}"
    learner.post("posts", kind="question", title="Zut", body="Words that are watched: zut.")
    learner.post(f"{thread}/report", reason="hurtful")
    learner.post(f"{thread}/report/withdraw")
    learner.browser.get(f"{learner.community}{thread}/report")
    mine = f"posts/{id_of(learner.post('posts', kind='question', title='Mine', body='To be hidden.'))}"
    why = {"body": "Why", "until": clock.now().isoformat()}
    for version, act in enumerate(("hidden", "kept-hidden", "restored", "locked", "unlocked")):
        trainer.post(f"{mine}/moderation", act=act, version=str(version), **why)
    learner.post(f"{mine}/moderation/answer", body="An answer.")
    for show in ("waiting", "answered", "decided"):
        for after in ("", "&after=1700000000.0-5"):
            trainer.browser.get(f"{trainer.community}moderation?show={show}{after}")
    for page in (f"{mine}/moderation", f"members/{number}/moderation", "moderation/members"):
        trainer.browser.get(trainer.community + page)
    arranging(trainer, learner)
    for act in ("muted", "unmuted"):
        trainer.post(f"members/{number}/moderation", act=act, body="Why", days="1")


def arranging(trainer, learner) -> None:
    """Move a thread, split it, merge it into another one; open what stood elsewhere before."""
    threads = [learner.post("posts", kind="question", title=f"Thread {one}", body="Words.") for one in "ab"]
    first, second = (f"posts/{id_of(one)}" for one in threads)
    replies = [trainer.post(f"{first}/comments", body=f"A reply {one}.") for one in "ab"]
    numbers = [re.search(r'id="comment-(\d+)"', replies[0].html)[1]]
    trainer.post("topics", name="To be moved to")
    topic = re.search(r"/topics/(\d+)", trainer.get("topics").html)[1]
    why = {"body": "Why", "until": clock.now().isoformat()}
    trainer.browser.get(f"{trainer.community}{first}/move?topic={topic}&subgroup=everybody")
    trainer.post(f"{first}/move", topic=topic, subgroup="everybody", version="0", **why)
    trainer.browser.get(f"{trainer.community}{first}/split")
    trainer.post(f"{first}/split", title="Apart", chosen=numbers, version="1", **why)
    trainer.browser.get(f"{trainer.community}{first}/merge?into={id_of(threads[1])}")
    trainer.post(f"{first}/merge", into=str(id_of(threads[1])), version="2", **why)
    for old in (first, f"{first}/comments/{numbers[0]}", f"{first}/moderation", second):
        learner.browser.get(learner.community + old)


def files(learner) -> None:
    """Bring files, look at them again, publish, edit, open and delete; let the clock go round."""
    photo, text = (bring(learner, *one) for one in (("a.png", TAKEN["photo.png"]), ("a.txt", b"Words")))
    named = {"attachment": ["", str(photo), str(text)], f"alt-{photo}": "A bicycle"}
    learner.browser.get(f"{learner.community}files?attachment={photo}&attachment={text}")
    learner.post("drafts", draft="new-" + "c" * 32, draft_version="0", body="Half", **named)
    thread = f"posts/{id_of(learner.post('posts', kind='question', title='T', body='B', **named))}"
    opened = learner.browser.tool.get(f"{learner.community}files/{photo}/a.png", base_url=TOOL)
    learner.browser.tool.get(opened.headers["Location"], base_url=TOOL)
    learner.browser.get(f"{learner.community}{thread}/edit")
    learner.post(f"{thread}/edit", title="T", body="B", version="0", attachment=["", str(photo)])
    learner.post(f"{thread}/delete")
    bring(learner, "b.txt", b"Never claimed")
    for later in (timedelta(0), timedelta(days=9)):
        with learner.browser.world.app.app_context():
            file_sweep.sweep(lambda later=later: clock.now() + later, transaction)
            file_sweep.sweep_orphans(lambda later=later: clock.now() + later, reading)
    bring(learner, "c.txt", b"Stays: empty tables are planned as if scanned")


def bring(learner, name: str, content: bytes) -> int:
    answer = learner.browser.tool.post(
        f"{learner.community}files",
        data={"seat_token": learner.seat_token, "files": FileStorage(BytesIO(content), filename=name)},
        content_type="multipart/form-data",
        base_url=TOOL,
        headers={"Accept": "application/json"},
    )
    return answer.get_json()["files"][0]["id"]


def drafts(learner, post: int) -> None:
    """Begin at several places, go on, list, discard, bring back, publish."""
    for place in (f"reply-{post}", f"answer-{post}", "new-" + "a" * 32, "new-" + "b" * 32):
        for words in ("Half a", "Half a sentence"):
            learner.post("drafts", draft=place, draft_version="1" if " s" in words else "0", body=words)
    for page in ("drafts", "drafts/1", f"posts/{post}", "posts/new?prompt=1&draft=3"):
        learner.browser.get(learner.community + page)
    learner.post("drafts/2/discard")
    learner.post("drafts/2/restore")
    learner.post("posts", kind="question", title="Whole", body="A whole one.", draft="new-" + "a" * 32)


def mentions(learner, number: int) -> None:
    """Look for somebody to mention, mention them by number and by name, and somebody else after that."""
    for query in ("q=a", "q=12", f"q=&post=1&subgroup={number}"):
        learner.browser.get(f"{learner.community}mentions?{query}")
    written = learner.post("posts", kind="question", title="Who", body=f"@[{number}] or @Nobody Here?")
    words = {"title": "Who", "body": "@[1]?", "version": "0"}
    learner.post(f"posts/{id_of(written)}/edit", **words)
    learner.browser.get(f"{learner.community}posts/{id_of(written)}/edit")


def the_space(trainer, learner) -> None:
    """Write and accept a charter, arrange the space, go through a first visit and what waits for a reply."""
    trainer.post("charter/edit", body="Be kind.", language="en", number="0")
    trainer.post("space", name="Leaders", answer_target_hours="1")
    for home in (trainer, learner):
        home.post("charter/acceptance", number="1")
        for page in ("", "welcome", "charter", "to-answer", "to-answer?show=answered"):
            home.browser.get(home.community + page)
        for page in ("topic=1&late=1&after=1700000000.0-5", "show=answered&topic=1&before=1700000000.0-5"):
            home.browser.get(f"{home.community}to-answer?{page}")
        home.post("welcome")
        home.post("to-answer/rest")
        home.post("preferences/shortcuts", shortcuts="on")
    trainer.browser.get(f"{trainer.community}charter/edit")
    trainer.browser.get(f"{trainer.community}space")


def shared(classroom: Classroom) -> None:
    """Decide about permissions, take it back; open the charter to sponsors, and read as one."""
    trainer, learner, sponsor = classroom.trainer, classroom.learner("ines"), classroom.learner("awa")
    trainer.post("charter/edit", body="Be kind.", language="en", number="1", opens_to_sponsors="true")
    learner.post("charter/acceptance", number="2")
    thread = id_of(learner.post("posts", kind="question", title="Open", body="To sponsors."))
    learner.post(f"posts/{thread}/comments", body="A reply.")
    decided = "space/permissions/prompts.set/community_manager"
    for page in ("space/permissions", decided, "space/permissions/post.write/guest_expert"):
        trainer.browser.get(trainer.community + page)
    trainer.post(decided, allowed="false")
    trainer.post("space/permissions/usual")
    trainer.post(f"members/{sponsor.soup.body['data-me'].partition(':')[2]}/appointment", role="sponsor")
    for page in ("", "charter", "shared", "shared?before=1700000000.0-5", f"shared/{thread}"):
        sponsor.browser.get(sponsor.community + page)
    sponsor.browser.get(f"{sponsor.community}shared/{thread}?after=1700000000.0-5")


def helping(classroom: Classroom, thread: str, reply: str) -> None:
    """Reply to a reply, thank, recognise, accept, take it all back; read the thread in every way."""
    learner, other, trainer = classroom.learner("ines"), classroom.learner("karim"), classroom.trainer
    parent = reply.rpartition("/")[2]
    other.post(f"{thread}/comments", body="To the reply", parent=parent)
    other.post(f"{thread}/reactions", kind="met")
    other.post(f"{reply}/reactions", kind="helped", note="I did it.")
    other.post(f"{reply}/recognition", note="Well told.")
    other.get(f"{reply}/recognition")
    trainer.post(f"{reply}/acceptance")
    for query in ({}, {"order": "date"}, {"page": "2"}, {"under": parent}, {"reply": parent, "quote": "1"}):
        learner.get(thread, **query)
    learner.get(reply)
    learner.post(f"{reply}/delete")
    learner.post(f"{reply}/restore")
    other.post(f"{reply}/recognition/withdraw")
    other.post(f"{reply}/reactions", kind="helped", on="false")
    trainer.post(f"{reply}/acceptance", on="false")


def people(trainer, learner, number: int) -> None:
    """Make sub-groups, write in one, change one's profile and look at everybody's pages."""
    trainer.post("subgroups", name="North", description="Ours")
    trainer.post("subgroups/1/members", chosen=[str(one) for one in range(1, 40)])
    with learner.browser.world.database() as session:
        group = session.execute(text("SELECT min(id) FROM course_group")).scalar()
    trainer.post("subgroups/follow", chosen=str(group or 1))
    for _ in range(2):
        learner.post("posts", kind="question", title="Ours", body="Alone", subgroup="1")
    learner.post("profile", asks_about="Beginning", topic=["1", "2"], name="Ours")
    learner.post("profile/picture/remove")
    pages = [f"members/{number}", f"members/{number}?tab=replies&before=1700000000.0-5", "subgroups/1"]
    pages += [f"members/{number}/picture", "subgroups", "members?subgroup=1", "posts/new?ask=1&subgroup=1"]
    pages += ["profile", "subgroups/1?before=1700000000.0-5", "subgroups/1/members?name=a&after=1&beyond=2"]
    for page in pages:
        for home in (trainer, learner):
            home.browser.get(home.community + page)
    trainer.post("subgroups/1/edit", name="South", description="")
    trainer.post("subgroups/1/members/out", chosen=str(number))
    trainer.post("subgroups/1/close")
    trainer.post("subgroups/1/bring-back")


def finding(trainer, learner) -> None:
    """Keep topics, file posts, follow, mute, bookmark and read them, and look for them in every way."""
    for name in ("First", "Second", "Third"):
        trainer.post("topics", name=name, description="Of a kind")
    trainer.post("topics/1", name="The first", description="")
    trainer.post("topics/2/place", way="down")
    trainer.post("topics/2/archive")
    trainer.post("topics/2/back")
    page = learner.post("posts", kind="question", title="Filed", body="Words.", topic="1", tags="one, two")
    place = f"posts/{id_of(page)}"
    learner.post(f"{place}/edit", title="Filed", body="Words.", topic="3", tags="two, three", version="0")
    trainer.post(f"{place}/filing", topic="1", tags="two")
    trainer.browser.get(f"{trainer.community}{place}/filing")
    for choice in ("followed", "muted", "none"):
        learner.post("topics/1/attention", attention=choice)
        trainer.post(f"{place}/attention", attention=choice)
    learner.post("topics/3/attention", attention="followed")
    trainer.post(f"{place}/bookmark", bookmark="on")
    trainer.post(f"{place}/read", until="2026-01-01T10:00:00Z")
    trainer.post("read", until="2026-01-01T10:00:00Z")
    shown = [f"show={one}" for one in ("unread", "followed", "bookmarked", "mine", "muted")]
    asked = [
        "kind=idea",
        "state=open",
        "state=answered",
        "state=done",
        "topic=1",
        "tag=two",
        "topic=1&tag=two",
    ]
    asked += ["tag=two&show=mine", "topic=1&kind=question&state=solved", *shown]
    sorted_anew = [f"{what}&order={order}" for what in ("", "topic=1") for order in ("activity", "helpful")]
    for what in ("", *asked, *sorted_anew):
        learner.browser.get(f"{learner.community}discussions?{what}&before=1700000000.0-5")
    for home in (trainer, learner):
        for page in ("discussions", "topics", "bookmarks?before=1700000000.0-5", "?filter=followed"):
            home.browser.get(home.community + page)


def prompts(trainer, learner) -> None:
    """Set two prompts, answer and move one, withdraw the other. (Empty tables are planned as if scanned.)"""
    for title in ("Stays", "Goes"):
        trainer.post("prompts", title=title, body="Do this.", deadline="2090-01-01T10:00")
    learner.post("posts", kind="discussion", title="Done", body="I did it.", prompt="1")
    for page in ("", "prompts", "posts/new?prompt=1", "prompts/1/edit"):
        for home in (trainer, learner):
            home.browser.get(home.community + page)
    moved = {"version": "0", "deadline": "2091-01-01T10:00", "reason": "Holidays"}
    trainer.post("prompts/1/edit", title="Stays", body="Do that.", **moved)
    trainer.post("prompts/2/withdraw")


def kinds(trainer, learner) -> None:
    """Write one of every kind, vote, decide, pin and unpin, read a page that is linked to."""
    poll = {"kind": "poll", "title": "When?", "body": "", "option_1": "Now", "option_2": "Later"}
    asked = f"posts/{id_of(learner.post('posts', **poll, results='always'))}"
    for answer in ("Now", "Later"):
        box = trainer.get(asked).soup.select_one(".poll-options")
        label = next(one for one in box.select("label") if answer in one.text)
        trainer.post(f"{asked}/ballot", option=label.select_one("input")["value"])
    learner.get(f"{asked}/ballots")
    learner.post(f"{asked}/edit", title="When then?", body="", version="0", closes_at="")
    idea = f"posts/{id_of(learner.post('posts', kind='idea', title='A wall', body='Of thanks.'))}"
    trainer.post(f"{idea}/vote", vote="yes")
    trainer.post(f"{idea}/vote", vote="no")
    trainer.post(f"{idea}/decision", state="retained", reason="Good.")
    learner.post("posts", kind="resource", title="Read", body="Good.", link="https://127.0.0.1/page")
    link_previews.read_wanted(clock.now, transaction)
    pinned = f"posts/{id_of(trainer.post('posts', kind='announcement', title='Room', body='12.'))}"
    learner.get("")
    trainer.post(f"{pinned}/unpin")


def placed(classroom: Classroom, number: int) -> None:
    """Place links with and without columns, open them, also with keys that nobody knows, and review work."""
    trainer, learner = classroom.trainer.browser, classroom.learner("ines").browser
    graded = {"column-prompt-1": "1"}
    links = Dialog(trainer).place("space", "prompt-1", **graded)
    for link in links:
        open_link(learner, link)
    classroom.make_columns()
    for sub in ("u-ines", "u-nobody"):
        open_link(trainer, links[1], review=sub)
    unknown = "activities/nobody-knows-it"
    page = trainer.get(classroom.trainer.community + unknown)
    page = trainer.get(page.response.location) if page.status == 302 else page
    trainer.post(
        f"{classroom.trainer.community}{unknown}/bring", {"seat_token": page.seat_token, "prompt": "1"}
    )
    written = {"title": "Begun", "body": "Anew.", "seat_token": page.seat_token}
    trainer.post(f"{classroom.trainer.community}{unknown}", written)


def into_a_tab(learner) -> None:
    """Open a tab from the frame, look at its link and use it up."""
    page = learner.post("tab")
    address = page.soup.select_one("a[data-tab]")["href"]
    tab = learner.browser.world.browser()
    tab.headers["Origin"] = TOOL
    tab.get(address)
    tab.post(address, {}, follow=False)


def guests(trainer) -> None:
    """Invite somebody by mail, who comes with two browsers; invite them anew, withdraw, forget them."""
    world = trainer.browser.world
    fields = {"name": "Nadia", "role": "guest_expert", "last_day": "2029-03-28", "language": "en"}
    for number in range(3):
        trainer.post("members/guests", email=f"{number}@expert.test", **fields)
    settings, links = world.app.extensions["settings"], []
    object.__setattr__(settings, "mail_url", "smtp://127.0.0.1:1")
    browser = world.browser()
    browser.headers["Origin"] = TOOL
    browser.post("/sign-in/guest", {"email": "0@expert.test"})
    messages.send_due(clock.now, transaction, lambda outgoing: links.append(outgoing.about.get("link")))
    object.__setattr__(settings, "mail_url", None)
    link = next(one for one in reversed(links) if one).removeprefix(TOOL)
    trainer.browser.headers["Origin"] = TOOL
    for who in (trainer.browser, browser):
        who.get(link)
        who.post(link, {})
    browser.get(link)
    browser.post(f"{link}/sign-out", {})
    for page in ("members/guests", "members/guests/1"):
        trainer.browser.get(trainer.community + page)
    trainer.post("members/guests/2/link", last_day="2029-03-28")
    for number in (1, 3):
        trainer.post(f"members/guests/{number}/withdrawal")
    with transaction():
        guest_records.sweep(clock.now() + timedelta(days=90))
    # Empty tables are planned as if scanned.
    trainer.post("members/guests", email="9@expert.test", **fields)


def lost_in_the_middle(classroom: Classroom) -> None:
    """Sign out, send a text from a page that was open, come again."""
    home = classroom.learner("ines")
    home.post("sign-out")
    home.post("posts", kind="question", title="Kept", body="Kept")
    home.browser.get(home.community)
    home.browser.open_community()


def put_into_a_group(world) -> None:
    """Put everybody of the course into a group of the LMS. (Empty tables are planned as if scanned.)"""
    with world.app.app_context(), transaction():
        enrolled = db.session.execute(select(Enrolment.id, Enrolment.course_id)).all()
        course = enrolled[0].course_id
        group = CourseGroup(
            course_id=course, group_id="g", name="G", hidden=False, source=GroupSource.SERVICE
        )
        db.session.add(group)
        db.session.flush()
        db.session.add_all(
            CourseGroupMember(course_group_id=group.id, enrolment_id=one.id)
            for one in enrolled
            if one.course_id == course
        )


@pytest.fixture
def statements(world):
    classroom = Classroom(world).ready()
    fill(world, members=30, posts=40, comments=60)
    put_into_a_group(world)
    number = classroom.number("karim")
    with world.app.app_context(), noted() as sent:
        walk(classroom, number)
    assert len(sent) > 50
    return sent


class TestThePlans:
    def test_scan_no_table_that_grows(self, world, statements):
        scanned = {}
        with world.app.app_context():
            forget_earlier_tests()
            connection = db.session.connection()
            scans = PREPARED[connection.dialect.name](connection)
            assert scans(connection, "SELECT id FROM post WHERE title = 'x'", ()), "scans are not told"
            for statement, parameters in statements.items():
                found = scans(connection, statement, parameters)
                if found:
                    scanned[" ".join(statement.split())] = found
            db.session.rollback()
        assert not scanned, "\n".join(f"{found}: {statement}" for statement, found in scanned.items())


def sqlite_scans(connection, statement: str, parameters) -> list[str]:
    """Return the steps of SQLite's plan that walk through a whole table that grows."""
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    steps = [row[3] for row in plan]
    # A table may stand there under an alias: membership_1.
    return [
        step for step in steps if step.startswith("SCAN") and grows(step.split()[1].rstrip("_0123456789"))
    ]


def postgresql_scans(connection, statement: str, parameters) -> list[str]:
    """Return the steps of PostgreSQL's plan that walk through a whole table that grows."""
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return [
        f"{node['Node Type']} {node['Relation Name']}"
        for node in nodes_of(plan[0]["Plan"])
        if grows(node.get("Relation Name", ""))
        and node["Node Type"] in ("Seq Scan", "Index Scan", "Index Only Scan")
        and "Index Cond" not in node
    ]


def forget_earlier_tests():
    """Give tables back the pages of rows that earlier tests deleted: a planner counts pages."""
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM FULL {', '.join(db.metadata.tables)}"))


def as_if_large(connection):
    """Let PostgreSQL plan as for millions of rows of which nothing is known: few rows are always scanned."""
    ours = "relnamespace = 'public'::regnamespace"
    # Autovacuum would tell in between how few rows there are: this lock is the one that it needs, too.
    tables = ", ".join(db.metadata.tables)
    connection.execute(text(f"LOCK TABLE {tables} IN SHARE UPDATE EXCLUSIVE MODE"))
    # A community has many members, few courses, columns and sub-groups; a course one reading of its roster.
    few = "'course', 'grade_column', 'line_item', 'roster', 'subgroup'"
    size = f"CASE WHEN relname IN ({few}) THEN 1e3 ELSE 1e6 END"
    # A planner multiplies by how many pages there are now: said as they are, the sizes are the ones told.
    pages = "greatest(1, pg_relation_size(oid) / current_setting('block_size')::int)"
    connection.execute(text(f"UPDATE pg_class SET reltuples = {size}, relpages = {pages} WHERE {ours}"))
    # Of a table without a page the planner guesses a size only while nobody seems to have looked at it.
    empty = "relkind = 'r' AND pg_relation_size(oid) = 0"
    connection.execute(text(f"UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE {ours} AND {empty}"))
    connection.execute(text("DELETE FROM pg_statistic"))
    for way in ("mergejoin", "hashjoin", "material"):
        connection.execute(text(f"SET LOCAL enable_{way} = off"))
    return postgresql_scans


PREPARED = {"sqlite": lambda connection: sqlite_scans, "postgresql": as_if_large}


def grows(table: str) -> bool:
    """Tell whether something in a plan is a table whose size has no bounds."""
    return table in set(db.metadata.tables) - SMALL


def nodes_of(node: dict) -> Iterator[dict]:
    yield node
    for below in node.get("Plans", ()):
        yield from nodes_of(below)


class TestTheAuditLog:
    """However long it is, a page of it reads its own entries, whatever is looked for."""

    MOST_ROWS = 2_000  # a page of each area, of both ways to be concerned, and the names

    @pytest.fixture
    def long(self, world):
        classroom = Classroom(world)
        trainer = classroom.trainer
        with world.app.app_context(), transaction():
            here = db.session.execute(select(Community.id, Community.organisation_id)).one()
            acts = [*["grade.marked"] * 18, "charter.written", "member.appointed"]
            db.session.execute(
                insert(AuditEntry),
                [
                    {
                        "at": clock.now() - timedelta(minutes=number),
                        "act": act,
                        "area": audit.area_of(act).value,
                        "actor_kind": "member",
                        "actor_id": 1,
                        "community_id": here.id,
                        "organisation_id": here.organisation_id,
                        "subject": f"membership:{2 + number % 2}",
                    }
                    for number in range(20_000)
                    for act in [acts[number % len(acts)]]
                ],
            )
        with db_engine(world).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE audit_entry"))
        return trainer

    @pytest.mark.parametrize(
        "asked",
        [
            {},
            {"area": "people"},
            {"area": "connection"},
            {"person": "1"},
            {"person": "2", "area": "space"},
            {"person": "2", "area": "contributions"},
            {"from": "2026-01-01", "area": "grading"},
            {"before": f"{2_000_000_000}.0-5", "person": "1"},
        ],
        ids=str,
    )
    def test_reads_a_bounded_number_of_rows(self, world, long, asked):
        self.must_be_bounded(world, lambda: long.get("audit", **asked))

    @pytest.mark.parametrize(
        "asked", ["", "area=people", "area=installation", "organisation=1&to=2030-01-01"]
    )
    @pytest.mark.parametrize("operator", [False, True], ids=["administrator", "operator"])
    def test_reads_a_bounded_number_of_rows_in_the_console(self, world, long, asked, operator):
        who = administrator(world, operator=operator)
        self.must_be_bounded(world, lambda: who.get(f"/admin/audit?{asked}"))

    def must_be_bounded(self, world, look) -> None:
        with world.app.app_context(), noted() as sent:
            assert look().status == 200
            statements = {words: told for words, told in sent.items() if "audit_entry" in words}
            assert statements
            connection = db.session.connection()
            work = READ[connection.dialect.name]
            assert sum(work(connection, *one) for one in statements.items()) <= self.MOST_ROWS
            db.session.rollback()


def db_engine(world):
    with world.app.app_context():
        return db.engine


def sqlite_work(connection, statement: str, parameters) -> int:
    """Return roughly how many rows a statement looks at: SQLite tells of every hundredth step."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    driver = connection.connection.driver_connection
    driver.set_progress_handler(count, 100)
    try:
        connection.exec_driver_sql(statement, parameters).all()
    finally:
        driver.set_progress_handler(None, 0)
    return steps[0] * 100 // 30  # a row takes about thirty steps


def postgresql_work(connection, statement: str, parameters) -> int:
    """Return how many rows of the log a statement looked at, those that it left aside as well."""
    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    plan = connection.exec_driver_sql(explained, parameters).scalar_one()
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in nodes_of(plan[0]["Plan"])
        if node.get("Relation Name") == "audit_entry"
    )


READ = {"sqlite": sqlite_work, "postgresql": postgresql_work}
