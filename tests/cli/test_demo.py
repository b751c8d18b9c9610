"""The demo ends when it is asked to, at whatever moment that is."""

import subprocess
import sys

ASKED_ALL_THE_TIME = """
import os, signal, threading
from lti_tool.cli import demo

demo.keep_for_later(demo.ENDINGS)
asked = threading.Semaphore(0)

def ask():
    for moment in range(3000):
        asked.acquire()
        for _ in range(moment % 60):
            pass
        os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=ask, daemon=True).start()
for _ in range(3000):
    asked.release()
    signal.sigwait(demo.ENDINGS)
print("ended 3000 times")
"""


def test_no_moment_makes_it_miss_that_it_was_asked():
    """With a handler and an event, one of some thousand moments left the program waiting for ever."""
    program = (sys.executable, "-c", ASKED_ALL_THE_TIME)
    assert subprocess.run(program, capture_output=True, text=True, timeout=60).stdout == "ended 3000 times\n"
