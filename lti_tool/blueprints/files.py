"""Images and files: bring, open."""

from flask import jsonify, redirect, render_template, request, url_for

from lti_tool import clock, sent_files, settings
from lti_tool.access import community_blueprint
from lti_tool.permissions import Act
from lti_tool.services import attachment_views, file_links, uploads

bp = community_blueprint("files", __name__)


@bp.get("/files")
def chosen(member):
    """Show files of one's own that a form names, as its rows: a draft is taken up again."""
    member.must(Act.WRITE_COMMENT)
    return render_template("files/rows.html", files=sent_files.named_here(member) or [])


@bp.post("/files")
def bring(member):
    member.must(Act.WRITE_COMMENT)
    sent = sent_files.keep(member)
    status = 422 if sent.refused or not sent.kept else 201
    if _asks_for_json():
        return _as_json(member, sent), status
    if status == 422:
        return render_template("files/refused.html", kept=sent.kept), status
    numbers = [file.id for file in sent.kept]
    writes = member.may(Act.WRITE_POST)
    return redirect(url_for("posts.compose", attachment=numbers) if writes else url_for("home.index"), 303)


def _as_json(member, sent):
    room = uploads.room(member.community)
    return jsonify(
        files=[
            {
                "id": file.id,
                "name": file.name,
                "media_type": file.media_type,
                "size": file.size,
                "image": file.is_image,
                "row": render_template("files/rows.html", files=[file]),
            }
            for file in sent.kept
        ],
        refused=render_template("files/refusals.html"),
        room=render_template("files/room.html", room=room),
        left=room.left,
        largest=room.largest,
    )


@bp.get("/files/<id:file_id>/<name>")
def show(member, file_id, name):
    """Send a member on to the address that the file is read from, which knows nobody."""
    now = clock.now()
    found = attachment_views.to_open(member, file_id, now)
    small = found.file.has_small and request.args.get("size") == "small"
    secret = settings.current().secret_key
    link = file_links.link(secret, found.file.id, now, small=small, hidden=found.hidden)
    return redirect(url_for("file_links.read", link=link), 303)


def _asks_for_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
