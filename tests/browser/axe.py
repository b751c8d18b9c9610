"""What axe-core finds on a page. It runs beside the page's own scripts, where its policy does not reach."""

import json
from pathlib import Path

from playwright.sync_api import Frame, Page

SOURCE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
# The size of targets is new in WCAG 2.2, and axe leaves it out unless asked.
OPTIONS = "{resultTypes: ['violations'], iframes: false, rules: {'target-size': {enabled: true}}}"
RUN = f"axe.run(document, {OPTIONS}).then(found => JSON.stringify(found.violations))"


def violations(shown: Page | Frame) -> list[str]:
    """Return one line for each element that breaks a rule of axe's usual set, target sizes included.

    :param shown: a page, or a frame of another site inside one. Frames of a page are not looked into.
    """
    page = shown.page if isinstance(shown, Frame) else shown
    session = page.context.new_cdp_session(shown)
    try:
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "axe"})
        _evaluate(session, world, SOURCE + "; undefined")
        found = json.loads(_evaluate(session, world, RUN))
    finally:
        session.detach()
    return [_line(rule, node) for rule in found for node in rule["nodes"]]


def _evaluate(session, world: dict, expression: str):
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": expression,
            "contextId": world["executionContextId"],
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")


def _line(rule: dict, node: dict) -> str:
    reasons = [check["message"] for check in (*node["any"], *node["all"], *node["none"])]
    return f"{rule['id']} ({rule['impact']}): {node['target']} {'; '.join(reasons)} {node['html'][:200]}"
