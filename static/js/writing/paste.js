// What is pasted from a page or a word processor keeps its links, lists, headings and emphasis, as Markdown.

import { replace } from "./area.js";

const WORTH_KEEPING = "a[href], ul, ol, b, strong, i, em, h1, h2, h3, h4, h5, h6, blockquote, pre, table";
const BLOCKS = /^(?:P|DIV|SECTION|ARTICLE|UL|OL|LI|H[1-6]|BLOCKQUOTE|PRE|TABLE|HR|FIGURE|HEADER|FOOTER|MAIN|DL|DT|DD)$/;
const LEFT_OUT = /^(?:SCRIPT|STYLE|TEMPLATE|META|LINK|TITLE|HEAD|OBJECT|IFRAME|SVG)$/i;

const escaped = (text) => text.replace(/([\\`*_[\]<])/g, "\\$1");

function marked(node, mark) {
  const [, lead, words, tail] = inline(node).match(/^(\s*)([\s\S]*?)(\s*)$/);
  return words ? lead + mark + words + mark + tail : lead;
}

// Google Docs wraps everything in a <b> that is not bold.
const isEmphasis = (node) => !/^(?:normal|400)$/.test(node.style.fontWeight) || /^(?:I|EM)$/.test(node.tagName);

function linkOf(node) {
  const words = inline(node).trim();
  const address = node.getAttribute("href") ?? "";
  if (!/^(?:https?:|mailto:)/i.test(address) || !words) return words;
  return words === escaped(address) ? address : `[${words}](${address.replace(/[()\s]/g, encodeURIComponent)})`;
}

function inline(node) {
  return [...node.childNodes].map((child) => {
    if (child.nodeType === Node.TEXT_NODE) return escaped(child.data.replace(/\s+/g, " "));
    if (child.nodeType !== Node.ELEMENT_NODE || LEFT_OUT.test(child.tagName)) return "";
    if (child.tagName === "BR") return "\n";
    if (child.tagName === "A") return linkOf(child);
    if (child.tagName === "CODE") return `\`${child.textContent}\``;
    if (/^(?:B|STRONG)$/.test(child.tagName) && isEmphasis(child)) return marked(child, "**");
    if (/^(?:I|EM)$/.test(child.tagName)) return marked(child, "*");
    return inline(child);
  }).join("");
}

function listOf(node) {
  let number = Number(node.getAttribute("start") ?? 1);
  return [...node.children].map((item) => {
    if (/^(?:UL|OL)$/.test(item.tagName)) return listOf(item).replace(/^/gm, "  ");
    const mark = node.tagName === "OL" ? `${number++}. ` : "- ";
    const inner = blocksOf(item).join("\n").replace(/\n(?=.)/g, `\n${" ".repeat(mark.length)}`);
    return mark + inner;
  }).join("\n");
}

function tableOf(node) {
  const rows = [...node.rows].map((row) => [...row.cells].map((cell) => inline(cell).trim().replace(/\n/g, " ").replaceAll("|", "\\|")));
  if (!rows.length) return "";
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(rows[0]), line(rows[0].map(() => "---")), ...rows.slice(1).map(line)].join("\n");
}

function blockOf(node) {
  if (/^(?:UL|OL)$/.test(node.tagName)) return listOf(node);
  if (/^H[1-6]$/.test(node.tagName)) return `${"#".repeat(Math.min(3, Number(node.tagName[1])))} ${inline(node).trim()}`;
  if (node.tagName === "BLOCKQUOTE") return blocksOf(node).join("\n\n").replace(/^/gm, "> ");
  if (node.tagName === "PRE") return `\`\`\`\n${node.textContent.replace(/\n$/, "")}\n\`\`\``;
  if (node.tagName === "TABLE") return tableOf(node);
  if (node.tagName === "HR") return "---";
  return blocksOf(node).join("\n\n");
}

// Runs of text between blocks are paragraphs of their own.
function blocksOf(node) {
  const blocks = [];
  const run = document.createElement("span");
  const flush = () => {
    const words = inline(run).trim();
    if (words) blocks.push(words);
    run.replaceChildren();
  };
  for (const child of [...node.childNodes]) {
    const isBlock = child.nodeType === Node.ELEMENT_NODE && (BLOCKS.test(child.tagName) || child.querySelector?.("p, div, ul, ol, table, h1, h2, h3, pre, blockquote"));
    if (!isBlock) {
      run.append(child);
      continue;
    }
    flush();
    const made = blockOf(child);
    if (made.trim()) blocks.push(made);
  }
  flush();
  return blocks;
}

/* A document out of the parser runs no script and loads nothing. */
export function asMarkdown(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const worth = [...body.querySelectorAll(WORTH_KEEPING)].some((node) => !/^(?:B|STRONG)$/.test(node.tagName) || isEmphasis(node));
  return worth ? blocksOf(body).join("\n\n") : null;
}

export function setUpPaste(area) {
  let plain = false; // Ctrl+Shift+V asks for the bare words
  area.addEventListener("keydown", (event) => { plain = event.shiftKey; });
  area.addEventListener("paste", (event) => {
    const { clipboardData } = event;
    if (plain || event.defaultPrevented || !clipboardData || clipboardData.files.length) return;
    const { selectionStart: start, selectionEnd: end, value } = area;
    const words = value.slice(start, end);
    const text = clipboardData.getData("text/plain").trim();
    if (words && /^https?:\/\/\S+$/i.test(text) && !/[\n[\]]/.test(words)) {
      event.preventDefault(); // An address pasted over words makes a link of them.
      return replace(area, start, end, `[${words}](${text})`);
    }
    const html = clipboardData.getData("text/html");
    const markdown = html.length < 500_000 ? html && asMarkdown(html) : null;
    if (!markdown) return;
    event.preventDefault();
    replace(area, start, end, markdown);
  });
}
