// Changing the text of a field the way typing does: the browser can undo it, and whoever listens hears of it.

/* Replaces from start to end, and selects `from` to `to` of what was put there (by default: behind it). */
export function replace(area, start, end, text, from = text.length, to = from) {
  area.focus();
  area.setSelectionRange(start, end);
  // execCommand keeps the browser's own undo, and writes where the focus is: not in a field that takes none, as one
  // of a kind that is not chosen. setRangeText is for these, and for browsers without it.
  const typed = document.activeElement !== area ? false : text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
  if (!typed) {
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(start + from, start + to);
}

/* The lines that the selection touches: where they start and end, and each of them. */
export function linesOf(area) {
  const { selectionStart, selectionEnd, value } = area;
  const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
  const after = value.indexOf("\n", selectionEnd);
  const end = after === -1 ? value.length : after;
  return { start, end, lines: value.slice(start, end).split("\n") };
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/* Takes the caret out of a block of code, to the line behind it: what is no code would be shown as code there. */
export function leaveCode(area) {
  let open = null; // where a block of code began, and the mark that ends it
  let at = 0;
  for (const line of area.value.split("\n")) {
    const end = at + line.length;
    const mark = line.match(FENCE)?.[1];
    if (!open && mark) open = { at, mark };
    else if (open && mark?.startsWith(open.mark) && line.trim() === mark) {
      if (area.selectionEnd > open.at && area.selectionEnd <= end) {
        area.setSelectionRange(end, end);
        return;
      }
      open = null;
    }
    at = end + 1;
  }
  if (open && area.selectionEnd > open.at) {
    const { length } = area.value;
    replace(area, length, length, `\n${open.mark}`);
  }
}

/* Puts a passage of its own at the place of the selection: an empty line before it, and one behind it. */
export function insertBlock(area, text, from, to) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const before = value.slice(0, start);
  const lead = before === "" || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const behind = end === value.length ? 1 : /^\n{0,2}/.exec(value.slice(end))[0].length;
  const tail = "\n".repeat(2 - behind);
  const selectFrom = from === undefined ? lead.length + text.length + 1 : lead.length + from;
  replace(area, start, end, lead + text + tail, selectFrom, to === undefined ? selectFrom : lead.length + to);
}
