// What the tools do to the text: each takes the field and changes what is selected.

import { insertBlock, linesOf, replace } from "./area.js";

const LIST = /^(\s*)(?:[-*+]|\d{1,9}[.)])\s+/;
const QUOTE = /^> ?/;
const HEADING = /^#{1,6}\s+/;
const HIGHEST = 3;

// Behind words that are marked, the same command ends the mark, as it does where one sees no signs.
function endsHere(value, caret, mark) {
  const line = value.slice(value.lastIndexOf("\n", caret - 1) + 1, caret);
  const behind = value.slice(caret).match(mark[0] === "`" ? /^`*/ : /^\**/)[0].length;
  const isClosing = mark === "**" ? behind >= 2 : behind === 1 || behind === 3;
  return isClosing && /\S$/.test(line) && !line.endsWith(mark) && line.split(mark).length % 2 === 0;
}

// A mark around words goes away when it is asked for again; without words one is shown where they go.
function around(area, mark) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const size = mark.length;
  if (start === end && endsHere(value, start, mark)) return area.setSelectionRange(start + size, start + size);
  const words = value.slice(start, end);
  if (value.slice(start - size, start) === mark && value.slice(end, end + size) === mark) {
    return replace(area, start - size, end + size, words, 0, words.length);
  }
  // A mark holds only when it stands against a letter.
  const [, lead, core, tail] = words.match(/^(\s*)([\s\S]*?)(\s*)$/);
  const inner = core || "…";
  replace(area, start, end, lead + mark + inner + mark + tail, lead.length + size, lead.length + size + inner.length);
}

function eachLine(area, change) {
  const { start, end, lines } = linesOf(area);
  const text = lines.map(change).join("\n");
  const nothing = lines.length === 1;
  replace(area, start, end, text, nothing ? text.length : 0, text.length);
}

const strip = (line) => line.replace(LIST, "$1");

function list(area, mark) {
  const { lines } = linesOf(area);
  const filled = lines.filter((line) => line.trim());
  const isOne = filled.length > 0 && filled.every((line) => LIST.test(line) && /\d/.test(line.match(LIST)[0]) === (mark === "1."));
  let number = 0;
  eachLine(area, (line) => {
    if (isOne) return strip(line);
    if (!line.trim() && lines.length > 1) return line;
    number += 1;
    return (mark === "1." ? `${number}. ` : "- ") + strip(line).trimStart();
  });
}

function quote(area) {
  const { lines } = linesOf(area);
  const isOne = lines.every((line) => QUOTE.test(line));
  eachLine(area, (line) => (isOne ? line.replace(QUOTE, "") : `> ${line}`));
}

// Again and again: a heading, a smaller one, and none.
function heading(area) {
  eachLine(area, (line) => {
    const deep = line.match(/^#+(?=\s)/)?.[0].length ?? 0;
    const bare = line.replace(HEADING, "");
    return deep >= HIGHEST ? bare : `${"#".repeat(deep + 1)} ${bare}`;
  });
}

function link(area) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const words = value.slice(start, end);
  if (/^https?:\/\/\S+$/i.test(words)) return replace(area, start, end, `[…](${words})`, 1, 2);
  const label = words || "…";
  replace(area, start, end, `[${label}](https://)`, words ? label.length + 3 : 1, words ? label.length + 11 : 2);
}

function code(area) {
  const words = area.value.slice(area.selectionStart, area.selectionEnd);
  if (!words.includes("\n")) return around(area, "`");
  codeBlock(area);
}

function codeBlock(area) {
  const words = area.value.slice(area.selectionStart, area.selectionEnd).replace(/\n+$/, "") || "…";
  // The fence is longer than any run of back ticks inside.
  const fence = "`".repeat(Math.max(3, ...[...words.matchAll(/`+/g)].map((run) => run[0].length + 1)));
  insertBlock(area, `${fence}\n${words}\n${fence}`, fence.length + 1, fence.length + 1 + words.length);
}

function table(area, button) {
  const column = button?.closest("[data-column]").dataset.column ?? "…";
  const row = "|  |  |  |";
  const head = `| ${[1, 2, 3].map((number) => `${column} ${number}`).join(" | ")} |`;
  insertBlock(area, [head, "| --- | --- | --- |", row, row].join("\n"), 2, 2 + `${column} 1`.length);
}

// A list of suggestions opens once its sign stands where a word may begin.
function sign(area, mark) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const before = value[start - 1];
  const text = before && !/\s/.test(before) ? ` ${mark}` : mark;
  replace(area, start, end, text);
  area.dispatchEvent(new CustomEvent("cv:suggest"));
}

export const COMMANDS = {
  bold: (area) => around(area, "**"),
  italic: (area) => around(area, "*"),
  heading,
  list: (area) => list(area, "-"),
  numbered: (area) => list(area, "1."),
  quote,
  code,
  "code-block": codeBlock,
  link,
  table,
  mention: (area) => sign(area, "@"),
  emoji: (area) => sign(area, ":"),
};
