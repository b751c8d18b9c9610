"""Thousands of scores to one LMS that takes its time, in proportion to the time that its answers alone take.

The LMS is a process of its own that answers each call after 20 ms; the tool sends from as many threads as
the limit of calls at one host allows. 1.00 would be a tool that costs nothing.
BENCHMARK_SCORES measures with another number of scores than five thousand.
"""

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade
from joserfc.jwk import RSAKey
from sqlalchemy import func, select, update

from lti_tool import clock, create_app
from lti_tool.extensions import db
from lti_tool.models import DeliveryState, LineItem, Platform, ScoreDelivery
from lti_tool.services import delivery, signing
from lti_tool.transactions import reading, transaction
from tests.functional.filling import fill
from tests.support import databases
from tests.support.classroom import Classroom
from tests.support.world import World

SCORES = int(os.environ.get("BENCHMARK_SCORES", "5000"))
SECONDS_OF_AN_ANSWER = 0.02


def figures() -> Iterator[str]:
    """Measure on the database that TEST_DATABASE names; one sentence."""
    with _tool_with_due_scores() as app:
        limit = app.extensions["settings"].outbound_per_host
        seconds = _seconds_to_deliver(app, limit)
        calls = _confirmed(app)
    alone = calls * SECONDS_OF_AN_ANSWER / limit
    yield (
        f"{calls:,} scores to an LMS answering in {SECONDS_OF_AN_ANSWER * 1000:.0f} ms, {limit} at once: "
        f"{seconds:.1f} s ÷ {alone:.1f} s = {seconds / alone:.2f}"
    )


def _seconds_to_deliver(app: Flask, workers: int) -> float:
    def work(_: int) -> None:
        with app.app_context():
            delivery.deliver_due_scores(clock.now, transaction)

    with ThreadPoolExecutor(workers) as pool:
        started = time.perf_counter()
        list(pool.map(work, range(workers)))
        return time.perf_counter() - started


def _confirmed(app: Flask) -> int:
    """Return how many scores have arrived; all of them, or the measurement is worth nothing."""
    counts = select(ScoreDelivery.state, func.count()).group_by(ScoreDelivery.state)
    with app.app_context(), reading():
        found = dict(db.session.execute(counts).all())
    arrived = found.get(DeliveryState.CONFIRMED, 0)
    if arrived < SCORES or set(found) & {DeliveryState.DUE, DeliveryState.SENDING}:
        raise RuntimeError(f"Not every score arrived: {found}")
    return arrived


@contextmanager
def _tool_with_due_scores() -> Iterator[Flask]:
    """Make a course whose trainer has just sent everybody's score, and whose LMS is the slow one."""
    with tempfile.TemporaryDirectory(prefix="cv-scores-") as folder, databases.prepared_server():
        made = databases.databases(Path(folder))
        address = made.create("bench_scores")
        app = create_app("testing", {"DATABASE_URL": address, "VAR_DIR": folder})
        with app.app_context():
            upgrade()
            with transaction():
                signing.make_first_key(clock.now())
        world = World(app, RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True))
        try:
            with _slow_lms() as lms:
                world.open_lms()
                room = Classroom(world).ready()
                fill(world, members=SCORES, posts=SCORES, comments=1)
                room.send()
                _move_to(app, lms)
                yield app
        finally:
            world.close()
            with app.app_context():
                db.engine.dispose()
            made.drop(address)


def _move_to(app: Flask, lms: str) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Platform).values(token_url=f"{lms}/token"))
        db.session.execute(update(LineItem).values(url=f"{lms}/lineitems/1/lineitem"))


@contextmanager
def _slow_lms() -> Iterator[str]:
    """Run the LMS in a process of its own, so that it takes nothing from the tool's interpreter."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer_slowly, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _answer_slowly(parent: Connection) -> None:
    kept: dict[str, dict] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.answer([{"userId": sub} | result for sub, result in list(kept.items())])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.endswith("/token"):
                self.answer({"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600})
                return
            score = json.loads(body)
            kept[score["userId"]] = {
                "resultScore": score["scoreGiven"],
                "resultMaximum": score["scoreMaximum"],
            }
            self.answer({})

        def answer(self, content: object) -> None:
            time.sleep(SECONDS_OF_AN_ANSWER)
            body = json.dumps(content).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self.wfile.write(head.encode() + body)

        def log_message(self, *words: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    parent.send(server.server_address[1])
    server.serve_forever()
