"""The topics of a community, and where its contributions are filed."""

from flask import redirect, render_template, request, url_for
from marshmallow import ValidationError

from lti_tool import clock
from lti_tool.access import community_blueprint
from lti_tool.errors import Unfit
from lti_tool.permissions import Act
from lti_tool.schemas.filing import FilingSchema, TopicSchema
from lti_tool.services import filing, topics

bp = community_blueprint("topics", __name__)


@bp.get("/topics")
def index(member):
    return _page(member)


@bp.post("/topics")
def add(member):
    member.must(Act.ARRANGE)
    try:
        topics.add(member, TopicSchema().load(request.form), clock.now())
    except ValidationError as err:
        return _page(member, new=request.form, problems=err.messages), 422
    except Unfit as err:
        return _page(member, new=request.form, problems=err.problems), 422
    return redirect(url_for(".index", done="topic-added"), 303)


@bp.post("/topics/<id:topic_id>")
def rewrite(member, topic_id):
    member.must(Act.ARRANGE)
    try:
        topics.rewrite(member, topic_id, TopicSchema().load(request.form))
    except ValidationError as err:
        return _page(member, topic_id, request.form, err.messages), 422
    except Unfit as err:
        return _page(member, topic_id, request.form, err.problems), 422
    return redirect(url_for(".index", done="topic-changed"), 303)


@bp.post("/topics/<id:topic_id>/place")
def move(member, topic_id):
    topics.move(member, topic_id, request.form.get("way", ""))
    return redirect(url_for(".index", _anchor=f"topic-{topic_id}"), 303)


@bp.post("/topics/<id:topic_id>/archive")
def archive(member, topic_id):
    topics.archive(member, topic_id, clock.now())
    return redirect(url_for(".index", done="topic-archived"), 303)


@bp.post("/topics/<id:topic_id>/back")
def bring_back(member, topic_id):
    topics.bring_back(member, topic_id)
    return redirect(url_for(".index", done="topic-back"), 303)


def _page(member, edited=None, new=None, problems=None):
    """Show the topics; `edited` is the one whose form, or None the form of a new one, has to be corrected."""
    return render_template(
        "topics/index.html",
        topics=topics.topics_of(member, clock.now()),
        edited=edited,
        values=new or {},
        problems=problems or {},
        most=topics.MOST,
    )


@bp.get("/posts/<id:post_id>/filing")
def filing_form(member, post_id):
    post = filing.to_file(member, post_id, clock.now())
    return _filing_page(member, post, filing.values_of(post), {})


@bp.post("/posts/<id:post_id>/filing")
def file(member, post_id):
    post = filing.to_file(member, post_id, clock.now())
    try:
        wanted = FilingSchema().load(request.form)
        filing.file(member, post_id, wanted["topic"], wanted["tags"], clock.now())
    except ValidationError as err:
        return _filing_page(member, post, request.form, err.messages), 422
    except Unfit as err:
        return _filing_page(member, post, request.form, err.problems), 422
    return redirect(url_for("posts.show", post_id=post_id, done="filed"), 303)


def _filing_page(member, post, values, problems):
    return render_template(
        "topics/filing.html",
        post=post,
        values=values,
        problems=problems,
        filing=filing.choices(member, clock.now(), post),
    )
