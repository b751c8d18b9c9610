// Enter goes on with a list or a quotation; Tab moves an item in or out, and never holds anybody in the field.

import { linesOf, replace } from "./area.js";

const ITEM = /^(\s*)((?:>\s?)*)(?:([-*+])|(\d{1,9})([.)]))\s+(\[[ xX]\]\s+)?/;
const QUOTED = /^((?:>\s?)+)/;
const STEP = "  ";

function lineUpToCaret(area) {
  const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
  const end = area.value.indexOf("\n", area.selectionStart);
  return { start, text: area.value.slice(start, end === -1 ? undefined : end), before: area.value.slice(start, area.selectionStart) };
}

function markOfNext(text) {
  const item = text.match(ITEM);
  if (item) {
    const [whole, indent, quoted, bullet, number, point, box] = item;
    const next = indent + quoted + (bullet ?? `${Number(number) + 1}${point}`) + " " + (box ? "[ ] " : "");
    return { whole, next };
  }
  const quoted = text.match(QUOTED);
  return quoted && { whole: quoted[0], next: quoted[0].endsWith(" ") ? quoted[0] : `${quoted[0]} ` };
}

function goOn(area, event) {
  if (area.selectionStart !== area.selectionEnd) return;
  const { start, text, before } = lineUpToCaret(area);
  const mark = markOfNext(text);
  if (!mark || before.length < mark.whole.length) return;
  event.preventDefault();
  // An item without words ends the list.
  if (!text.slice(mark.whole.length).trim()) replace(area, start, start + text.length, "");
  else replace(area, area.selectionStart, area.selectionStart, `\n${mark.next}`);
}

const indentOf = (line) => line.match(/^\s*/)[0].replace(/\t/g, "    ").length;

/* Whether something moved: where nothing can, Tab leaves the field as it does everywhere. */
function move(area, outwards) {
  const { start, end, lines } = linesOf(area);
  if (!lines.every((line) => ITEM.test(line))) return false;
  const above = area.value.slice(0, start).split("\n").at(-2) ?? "";
  const deepest = ITEM.test(above) ? indentOf(above) + above.trimStart().match(/^\S+\s/)[0].length : 0;
  if (outwards ? !lines.some(indentOf) : indentOf(lines[0]) + STEP.length > deepest) return false;
  const width = outwards ? 0 : Math.max(STEP.length, deepest - indentOf(lines[0]));
  const moved = lines.map((line) => (outwards ? line.replace(/^(?:\t| {1,3})/, "") : " ".repeat(width) + line));
  const caret = area.selectionEnd + moved.join("\n").length - lines.join("\n").length;
  replace(area, start, end, moved.join("\n"));
  if (lines.length > 1) area.setSelectionRange(start, start + moved.join("\n").length);
  else area.setSelectionRange(Math.max(start, caret), Math.max(start, caret));
  return true;
}

export function setUpLists(area) {
  let leaving = false; // Escape, then Tab: leaves the field whatever stands there
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "Enter" && plain && !event.shiftKey) goOn(area, event);
    else if (event.key === "Tab" && plain && !leaving && move(area, event.shiftKey)) event.preventDefault();
    leaving = event.key === "Escape" || (leaving && event.key === "Shift");
  });
}
