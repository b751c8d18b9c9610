// Writing: the field with its tools, and a text that is never lost.

import { insertBlock, leaveCode, replace } from "./writing/area.js";
import { setUpLists } from "./writing/lists.js";
import { setUpPaste } from "./writing/paste.js";
import { setUpPreview } from "./writing/preview.js";
import { setUpSuggestions } from "./writing/suggest.js";
import { setUpShortcuts, setUpToolbar } from "./writing/toolbar.js";
import { setUpCount } from "./writing/words.js";
import "./drafts.js";

// Other scripts put text where the caret was: `area.dispatchEvent(new CustomEvent("cv:insert", {detail: {text}}))`.
// `block: true` gives it lines of its own.
function setUpInserting(area) {
  area.addEventListener("cv:insert", ({ detail }) => {
    if (detail.block) {
      leaveCode(area);
      insertBlock(area, detail.text);
    } else replace(area, area.selectionStart, area.selectionEnd, detail.text);
  });
}

// A text has one field or, as a report, several that share their tools.
function setUpWriter(writer) {
  const areas = [...writer.querySelectorAll("textarea")];
  const { form } = areas[0];
  for (const area of areas) {
    setUpSuggestions(area, writer); // first: an open list has the arrows and Enter
    setUpLists(area);
    setUpPaste(area);
    setUpInserting(area);
    setUpShortcuts(area, form);
  }
  setUpToolbar(areas, writer);
  setUpPreview(areas, writer);
  setUpCount(areas, writer, form);
}

function setUpAll(within) {
  for (const writer of within.querySelectorAll("[data-writer]:not([data-ready])")) {
    setUpWriter(writer);
    writer.dataset.ready = "";
  }
}

setUpAll(document);
// An editor that htmx brought into the page.
document.addEventListener("htmx:afterSettle", (event) => setUpAll(event.target.parentElement ?? document));
