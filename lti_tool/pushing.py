"""News for members' browsers in words: one sentence in the reader's language, and where it leads."""

import json

from flask import current_app, g

from lti_tool.access import SPACE
from lti_tool.mailing import in_words_of
from lti_tool.services import letters
from lti_tool.services.pushes import News

TEMPLATE = "push/news.txt"
LONGEST = 300


def worded(news: News) -> bytes:
    """Return what static/js/push-worker.js shows, as JSON.

    No word of a contribution is in it: it may stand on a screen that is locked.
    """
    first = news.lines[0]
    path = letters.path_of(first, news.member_number) if len(news.lines) == 1 else "notifications"
    with in_words_of(news.locale) as language:
        g.zone = "UTC"
        said = current_app.jinja_env.get_template(TEMPLATE).render(lines=news.lines, language=language)
    told = {
        "title": news.community[:LONGEST],
        "body": " ".join(said.split())[:LONGEST],
        "language": language,
        "tag": news.topic,
        "address": f"{SPACE}/{news.community_id}/{path}",
    }
    return json.dumps(told, ensure_ascii=False).encode()
