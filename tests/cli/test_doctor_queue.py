"""`lti-tool doctor` about the queue: looked at without being made, and never waited for."""

import os
import socket
from types import SimpleNamespace

from lti_tool import jobs
from tests.cli.test_doctor import about, diagnosed


class TestAQueueInAFile:
    def test_that_was_never_made_is_not_made_by_looking(self, run, tmp_path):
        findings = diagnosed(run, LTI_TOOL_BASE_URL="http://127.0.0.1:9")[1]
        assert [finding["level"] for finding in about(findings, "queue")] == ["well"]
        assert not (tmp_path / "var" / "queue.sqlite").exists()

    def test_of_another_account_is_wrong(self, run, tmp_path, monkeypatch):
        file = tmp_path / "queue.sqlite"
        file.touch()
        allowed = os.access
        monkeypatch.setattr(os, "access", lambda path, how: path != file and allowed(path, how))
        changes = {"LTI_TOOL_BASE_URL": "http://127.0.0.1:9", "LTI_TOOL_QUEUE_URL": f"sqlite:///{file}"}
        (finding,) = about(diagnosed(run, **changes)[1], "queue")
        assert (finding["level"], str(file) in finding["sentence"]) == ("wrong", True)

    def test_in_a_folder_that_is_not_there_is_wrong(self, run, tmp_path):
        url = f"sqlite:///{tmp_path}/nowhere/queue.sqlite"
        findings = diagnosed(run, LTI_TOOL_BASE_URL="http://127.0.0.1:9", LTI_TOOL_QUEUE_URL=url)[1]
        (finding,) = about(findings, "queue")
        assert (finding["level"], "nowhere" in finding["sentence"]) == ("wrong", True)
        assert not (tmp_path / "nowhere").exists()


class TestAQueueThatHangs:
    """It takes connections and answers nothing, as a Redis does whose machine is in trouble."""

    def test_is_not_waited_for(self, run):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
            changes = {"LTI_TOOL_BASE_URL": "http://127.0.0.1:9", "LTI_TOOL_QUEUE_URL": url}
            (finding,) = about(diagnosed(run, **changes)[1], "queue")
        assert (finding["level"], "Timeout" in finding["sentence"]) == ("wrong", True)

    def test_keeps_a_request_no_longer_than_we_say_whatever_the_library_does(self):
        queue = jobs.queue_for(SimpleNamespace(queue_url="redis://127.0.0.1:1/0?db=1"))
        connection = queue.storage.pool.make_connection()
        assert (connection.socket_connect_timeout, connection.socket_timeout) == (
            jobs.PATIENCE,
            jobs.PATIENCE_FOR_AN_ANSWER,
        )
        # A worker waits so long for a job that comes; that is no silence.
        assert queue.storage.read_timeout < jobs.PATIENCE_FOR_AN_ANSWER
