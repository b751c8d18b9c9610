"""Mails as a mail program shows them: any width, light and dark, much and little, markup shown as words."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from lti_tool import mailing
from lti_tool.services.letters import Item, Letter
from lti_tool.services.notifications import Line
from lti_tool.services.people import Person
from tests.browser import BROWSER, axe

pytestmark = BROWSER

KINDS = (
    *("mention", "reply", "announcement", "followed", "could-help"),
    *("topic", "accepted", "thanks", "recognised"),
)
LONG = "Anticonstitutionnellement" * 6


def person(number: int, name: str | None) -> Person:
    return Person(number=number, name=name, initials="", hue=1, role="learner")


def item(kind: str, title: str, words: str, by: int = 1) -> Item:
    people = [person(number, name) for number, name in ((1, "Inès <i>Lefèvre</i>"), (2, None), (3, "أمينة"))]
    line = Line(
        kind=kind,
        post_id=12,
        comment_id=34,
        title=title,
        post_kind="question",
        mine=True,
        by=people[:by],
        count=by,
        note="I did it." if kind == "thanks" else None,
        unread=True,
        until=datetime(2027, 6, 1, tzinfo=UTC),
    )
    return Item(line, "posts/12/comments/34", words)


LITTLE = [item("reply", "How?", "")]
MUCH = [
    *(item(kind, f"{kind}: how does one begin?", "Ask @[2] first. " * 12, by=3) for kind in KINDS),
    item("reply", LONG, LONG, by=2),
    item("mention", "كيف نبدأ؟", "اسألوا الفريق أولاً."),
    item("mention", "<b>bold</b>", "<img src=x onerror=alert(1)>"),
]


def mail_of(items, language: str) -> EmailMessage:
    letter = Letter(
        community_id=7,
        community="Équipe <em>Nord</em>",
        items=items,
        more=3 if len(items) > 1 else 0,
        mentioned={2: person(2, None)},
        zone="Europe/Paris",
        unsubscribe="https://tool.test/o/mails/1-x",
        reply_to="reply+1-2-3-1z7-x@tool.test" if len(items) == 1 else None,
    )
    mail = EmailMessage()
    with mailing.in_words_of(language) as spoken:
        mailing._fill(mail, "mails/news", {**mailing._said_by(letter), "language": spoken})
    return mail


def answer_of(language: str, problem: str) -> EmailMessage:
    """What becomes of a reply by mail, with files and words that are not nice to a page."""
    mail = EmailMessage()
    said = {
        "problem": problem,
        "community": "Équipe <em>Nord</em>",
        "place": "7/posts/12",
        "text": f"Bonjour,\n\n<img src=x onerror=alert(1)> {LONG}\nاسألوا الفريق",
        "files": [["a.exe", "type"], [f"{LONG}.png", "too-large"], ["b.png", "too-many-files"]],
        "largest": 25_000_000,
    }
    with mailing.in_words_of(language) as spoken:
        mailing._fill(mail, "mails/reply_answer", {**mailing._said_about(said), "language": spoken})
    return mail


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("problem", ["files", "thread-locked"])
def test_what_became_of_a_reply_reads_well(browser, world, problem, language):
    with world.app.app_context():
        mail = answer_of(language, problem)
    assert "https://tool.test/communities/7/posts/12" in mail.get_body(("plain",)).get_content()
    for width, scheme in ((320, "dark"), (380, "light"), (1100, "light")):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        page.set_content(mail.get_body(("html",)).get_content())
        assert axe.violations(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("img, script, em").count() == 0
        context.close()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("items", [LITTLE, MUCH], ids=["little", "much"])
def test_reads_well(browser, world, items, language):
    with world.app.app_context():
        mail = mail_of(items, language)
    for width, scheme in ((320, "dark"), (380, "light"), (1100, "dark"), (1100, "light")):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page = context.new_page()
        page.set_content(mail.get_body(("html",)).get_content())
        assert axe.violations(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h2").all_inner_texts() == [one.line.title for one in items]
        assert page.locator("img, script, em, i").count() == 0
        context.close()
    text = mail.get_body(("plain",)).get_content()
    for one in items:
        assert one.line.title in text
    assert "@[2]" not in text
