"""Both kinds of storage do the same: a folder, and a bucket of a real S3 server on this machine."""

import io
import logging
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lti_tool import create_app, settings
from lti_tool.errors import UnsafeSettings
from lti_tool.services import erasure_journal, storage, storage_bucket
from lti_tool.services.diagnosis_reach import files
from lti_tool.services.findings import Level
from lti_tool.services.storage_bucket import BucketStore
from lti_tool.services.storage_folder import FolderStore
from lti_tool.settings import Bucket
from tests.support.bucket import new_bucket, s3_server, url_of
from tests.support.ports import free_ports as free

LARGE = bytes(range(256)) * 90_000  # more than one part of an upload


@pytest.fixture(scope="module")
def server():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with s3_server() as address:
        yield address


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path / "storage")
    return BucketStore(new_bucket(request.getfixturevalue("server")))


def whole(store, name, start=0, end=None, piece=100_000):
    return b"".join(store.pieces(name, start, store.size(name) if end is None else end, piece))


class TestBothKinds:
    def test_keep_texts_and_replace_them(self, store):
        assert store.read("erasures/key") is None
        store.put("erasures/key", "naïve".encode())
        store.put("erasures/key", b"second")
        assert store.read("erasures/key") == b"second"

    def test_keep_what_is_there_when_asked_to(self, store):
        store.put_unless_there("erasures/key", b"first")
        store.put_unless_there("erasures/key", b"second")
        assert store.read("erasures/key") == b"first"

    def test_let_one_of_many_at_once_be_the_first(self, store):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: store.put_unless_there("a/b", b"%d" % number), range(8)))
            answers = set(pool.map(lambda _: store.read("a/b"), range(8)))
        assert len(answers) == 1

    def test_list_what_lies_in_one_folder(self, store):
        assert store.names_in("erasures") == []
        for name in ("erasures/b", "erasures/a", "erasures/deeper/c", "files/d"):
            store.put(name, b"")
        assert [name for name in store.names_in("erasures") if name != "deeper"] == ["a", "b"]

    def test_stream_large_files_and_parts_of_them(self, store):
        store.keep("files/1/abc", io.BytesIO(LARGE))
        assert store.size("files/1/abc") == len(LARGE)
        pieces = list(store.pieces("files/1/abc", 0, len(LARGE), 100_000))
        assert b"".join(pieces) == LARGE and len(pieces) > 10
        assert whole(store, "files/1/abc", 1000, 1010) == LARGE[1000:1010]

    def test_say_that_something_is_not_there(self, store):
        assert store.size("files/nothing") is None
        with pytest.raises(OSError, match="not there"):
            whole(store, "files/nothing", 0, 10)

    def test_forget_also_what_is_not_there(self, store):
        store.put("files/1/abc", b"x")
        store.drop(["files/1/abc", "files/1/never"])
        store.drop([])
        assert store.size("files/1/abc") is None

    def test_go_through_what_is_old(self, store):
        assert list(store.older_than("files", datetime.now(UTC))) == []
        store.put("files/1/a", b"x")
        store.put("erasures/b", b"x")
        later, before = (datetime.now(UTC) + timedelta(seconds=change) for change in (60, -60))
        assert [name for some in store.older_than("files", later) for name in some] == ["files/1/a"]
        assert [name for some in store.older_than("files", before) for name in some] == []


class TestAFolder:
    def test_says_so_when_a_file_goes_while_it_is_opened(self, tmp_path, monkeypatch):
        store = FolderStore(tmp_path)
        monkeypatch.setattr(store, "size", lambda name: 10)
        with pytest.raises(FileNotFoundError) as refused:
            store.pieces("files/nothing", 0, 10, 10)
        assert refused.value.strerror == "it is not there"

    def test_is_for_this_account_only_and_holds_no_drafts(self, tmp_path):
        store = FolderStore(tmp_path / "storage")
        store.keep("files/1/a", io.BytesIO(b"x"))
        store.put_unless_there("erasures/key", b"x")
        kept = [one for one in (tmp_path / "storage").rglob("*") if one.is_file()]
        assert sorted(one.name for one in kept) == ["a", "key"]
        assert {stat.S_IMODE(one.stat().st_mode) for one in kept} == {0o600}

    def test_leaves_nothing_of_what_broke_off(self, tmp_path):
        class Torn(io.BytesIO):
            def read(self, size=-1):
                raise OSError(5, "gone")

        store = FolderStore(tmp_path)
        with pytest.raises(OSError, match="gone"):
            store.keep("files/1/a", Torn())
        assert list((tmp_path / "files" / "1").iterdir()) == []


class TestABucket:
    @pytest.mark.parametrize(
        ("change", "words"),
        [({"name": "another"}, "no such bucket"), ({"endpoint": "nobody"}, "does not answer")],
    )
    def test_that_cannot_be_used_says_why_without_its_secret(self, server, change, words):
        told = vars(new_bucket(server)) | change
        if change.get("endpoint"):
            told["endpoint"] = f"http://127.0.0.1:{free(1)[0]}"
        problem = storage_bucket.trouble_with(Bucket(**told))
        assert words in problem and "secret" not in problem

    def test_that_can_be_used_is_no_trouble(self, server):
        assert storage_bucket.trouble_with(new_bucket(server)) is None


class TestTheSetting:
    def made(self, tmp_path, url):
        return create_app("testing", {"STORAGE_URL": url, "VAR_DIR": str(tmp_path)})

    def test_carries_the_journal_of_erasures_into_a_bucket(self, server, tmp_path):
        bucket = new_bucket(server)
        app = self.made(tmp_path, url_of(bucket))
        with app.app_context():
            at = datetime(2026, 3, 1, tzinfo=UTC)
            erasure_journal.write(["ab12"], at, at)
            assert erasure_journal.lines_in_folder() == {"ab12": at}
            assert storage.where("erasures/ab12") == f"{server}/{bucket.name}/erasures/ab12"

    def test_is_looked_at_by_the_doctor(self, server, tmp_path):
        bucket = new_bucket(server)
        gone = Bucket(server, "not-there", "us-east-1", "key", "secret")
        for url, level in ((url_of(bucket), Level.WELL), (url_of(gone), Level.WRONG)):
            found = files(self.made(tmp_path, url).extensions["settings"])
            (said,) = [one for one in found if one.subject == "storage"]
            assert said.level is level
        assert "no such bucket" in said.sentence
        assert "secret" not in said.sentence

    def test_reads_every_part(self, tmp_path):
        app = self.made(tmp_path, "s3://K%2FEY:S%40CRET@[::1]:9000/my-bucket?region=eu&https=no")
        with app.app_context():
            bucket = settings.current().storage_bucket
            assert settings.current().storage_dir is None
        assert bucket == Bucket("http://[::1]:9000", "my-bucket", "eu", "K/EY", "S@CRET")
        assert "CRET" not in repr(bucket)

    @pytest.mark.parametrize(
        "url",
        [
            *("s3://host/bucket", "s3://K:SECRET@host", "s3://K:SECRET@host/a/b", "ftp://host/x"),
            *("s3://K:SECRET@host:x/bucket", "s3://K:SECRET@host/bucket?https=perhaps"),
            *("s3://K:SECRET@host/bucket?colour=red", "s3://K:SECRET@host/bucket?&&"),
        ],
    )
    def test_that_is_wrong_is_refused_without_quoting_it(self, tmp_path, url):
        with pytest.raises(UnsafeSettings) as refusal:
            self.made(tmp_path, url)
        assert refusal.value.facts["setting"] == "STORAGE_URL"
        assert "K:SECRET@host" not in refusal.value.facts["sentence"]
