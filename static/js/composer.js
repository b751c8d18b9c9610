// Writing: tools, word count, preview, and a text that is never lost while this tab lives.

const WORD = /[\p{L}\p{N}]+(?:['’\-‐‑][\p{L}\p{N}]+)*/gu;

// Sections that count the writer's own words: what is quoted, linked or mentioned is left out.
// The server's rule is the one that holds; this one is for orientation while typing.
function ownWords(text) {
  const own = text
    .replace(/^\s*>.*$/gm, " ")
    .replace(/!?\[[^\]]*\]\([^)]*\)/g, " ")
    .replace(/\b(?:https?:\/\/|www\.)\S+/gi, " ")
    .replace(/[\w.+-]*@[\w.-]+/g, " ");
  return (own.normalize("NFC").match(WORD) ?? []).length;
}

/* ---- Tools of the text field ---- */

const TOOLS = {
  bold: (words) => ({ text: `**${words || "…"}**`, from: 2, to: 2 + (words || "…").length }),
  link: (words) => ({ text: `[${words || "…"}](https://)`, from: (words || "…").length + 3, to: (words || "…").length + 11 }),
  list: (words) => lines(words, "- "),
  quote: (words) => lines(words, "> "),
};

function lines(words, mark) {
  const text = (words || "").split("\n").map((line) => mark + line).join("\n");
  return { text, from: text.length, to: text.length, block: true };
}

function apply(area, kind) {
  const { selectionStart: start, selectionEnd: end, value } = area;
  const made = TOOLS[kind](value.slice(start, end));
  const before = made.block && start > 0 && value[start - 1] !== "\n" ? "\n\n" : "";
  area.focus();
  // execCommand keeps the browser's own undo; setRangeText is for browsers without it.
  if (!document.execCommand("insertText", false, before + made.text)) area.setRangeText(before + made.text, start, end, "end");
  area.setSelectionRange(start + before.length + made.from, start + before.length + made.to);
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

function setUpWriter(writer) {
  const area = writer.querySelector("textarea");
  const tools = writer.querySelector("[data-tools]");
  const words = writer.querySelector("[data-words]");
  const preview = writer.querySelector("[data-preview]");
  tools.hidden = false;
  for (const button of tools.querySelectorAll("[data-markdown]")) {
    button.addEventListener("click", () => apply(area, button.dataset.markdown));
  }
  area.addEventListener("keydown", (event) => {
    if (event.key === "b" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      apply(area, "bold");
    }
  });
  const minimum = () => Number(writer.closest("form").querySelector("input[name=kind]:checked")?.dataset.minimum || writer.dataset.minimum) || 0;
  const count = () => {
    const written = ownWords(area.value);
    if (minimum()) words.textContent = words.dataset.of.replace("{n}", written).replace("{minimum}", minimum());
    else words.textContent = written === 1 ? words.dataset.one : words.dataset.many.replace("{n}", written);
  };
  area.addEventListener("input", count);
  writer.closest("form").addEventListener("change", count);
  count();
  if (window.htmx) setUpPreview(area, preview);
}

function setUpPreview(area, preview) {
  const sheet = preview.querySelector("[hx-post]");
  let timer = null;
  const refresh = () => {
    clearTimeout(timer);
    if (preview.open) timer = setTimeout(() => sheet.dispatchEvent(new Event("preview")), 500);
  };
  preview.hidden = false;
  preview.addEventListener("toggle", () => { if (preview.open) sheet.dispatchEvent(new Event("preview")); });
  area.addEventListener("input", refresh);
}

/* ---- The draft: for the life of this tab, and only here ---- */

const memory = {
  get(key) { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } },
  set(key, value) { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* A frame may be refused storage. */ } },
  drop(key) { try { sessionStorage.removeItem(key); } catch { /* As above. */ } },
};
const SENT = "cv:sent";
const TYPED = "input[name=title], textarea[name=body]";
const ARRIVED = new Set(["written", "edited", "comment-written", "comment-edited"]);

// A text is forgotten once the page says that it arrived, not when it leaves.
function forgetWhatArrived() {
  const sent = memory.get(SENT);
  if (!sent) return;
  if (ARRIVED.has(document.body.dataset.notice)) memory.drop(sent);
  memory.drop(SENT);
}

function valuesOf(form) {
  return Object.fromEntries([...form.querySelectorAll(TYPED)].map((field) => [field.name, field.value]));
}

function same(one, other) {
  return Object.keys(other).every((name) => (one[name] ?? "").trim() === other[name].trim());
}

function setUpDraft(form) {
  const key = `cv:draft:${form.dataset.draft}`;
  const asOpened = valuesOf(form);
  const isTouched = () => !same(valuesOf(form), asOpened);
  form.addEventListener("input", () => {
    if (isTouched()) memory.set(key, valuesOf(form));
    else memory.drop(key);
  });
  form.addEventListener("submit", () => memory.set(SENT, key));
  window.addEventListener("beforeunload", (event) => {
    if (isTouched() && !form.hasAttribute("data-sending")) event.preventDefault();
  });
  const remembered = memory.get(key);
  if (remembered && !same(remembered, asOpened)) offer(form, key, remembered);
}

function offer(form, key, remembered) {
  const box = document.querySelector("[data-draft-offer]");
  if (!box) return;
  const done = () => {
    box.hidden = true;
    form.querySelector("textarea").focus();
  };
  box.hidden = false;
  box.querySelector("[data-draft-take]").addEventListener("click", () => {
    for (const field of form.querySelectorAll(TYPED)) {
      if (remembered[field.name] !== undefined) field.value = remembered[field.name];
    }
    form.querySelector("textarea").dispatchEvent(new Event("input", { bubbles: true }));
    done();
  });
  box.querySelector("[data-draft-drop]").addEventListener("click", () => {
    memory.drop(key);
    done();
  });
}

forgetWhatArrived();
for (const form of document.querySelectorAll("form[data-draft]")) setUpDraft(form);
// htmx is a deferred script: it is there once the document is complete.
document.readyState === "complete" ? setUpAll() : window.addEventListener("load", setUpAll);

function setUpAll() {
  for (const writer of document.querySelectorAll("[data-writer]")) setUpWriter(writer);
}
