// A list under the caret: people after "@", emoji after ":". The focus stays in the text; arrows choose, Enter or
// Tab takes, Escape closes. The field stays a text field: the list is announced, and its choice by aria-activedescendant.

import { replace } from "./area.js";

const MIRRORED = ["fontFamily", "fontSize", "fontWeight", "letterSpacing", "lineHeight", "paddingTop", "paddingInlineStart", "paddingInlineEnd", "tabSize"];

// Where the caret stands, measured on a copy of the field that nobody sees.
function caretPlace(area, at) {
  const copy = document.createElement("div");
  const look = getComputedStyle(area);
  for (const name of MIRRORED) copy.style[name] = look[name];
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word", boxSizing: "border-box", inlineSize: `${area.clientWidth}px`, direction: look.direction });
  const caret = document.createElement("span");
  caret.textContent = "\u200b";
  copy.append(area.value.slice(0, at), caret);
  area.parentElement.append(copy);
  const place = { left: caret.offsetLeft, top: caret.offsetTop + caret.offsetHeight - area.scrollTop };
  copy.remove();
  return place;
}

class Suggestions {
  constructor(area, writer, sources) {
    Object.assign(this, { area, writer, sources, asked: 0, found: [], at: -1, shut: null });
    this.list = document.createElement("ul");
    Object.assign(this.list, { id: `${area.id}-suggestions`, className: "suggestions", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.told = writer.querySelector("[data-told]");
    writer.append(this.list);
    area.setAttribute("aria-autocomplete", "list");
    area.addEventListener("input", () => this.look());
    area.addEventListener("cv:suggest", () => this.look(true));
    area.addEventListener("click", () => this.close());
    area.addEventListener("blur", () => this.close());
    // Before anything else that listens to Enter, Tab or the arrows.
    area.addEventListener("keydown", (event) => this.key(event), { capture: true });
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // The focus stays in the text.
      const option = event.target.closest("[role=option]");
      if (option) this.take(Number(option.dataset.at));
    });
  }

  /* `wanted`: by a button, before anything is typed. */
  async look(wanted = false) {
    const caret = this.area.selectionStart;
    const before = this.area.value.slice(Math.max(0, caret - 80), caret);
    const mine = (this.asked += 1);
    for (const source of this.sources) {
      const match = before.match(source.pattern);
      if (!match) continue;
      this.start = caret - match[1].length;
      if (this.shut === this.start) return this.close();
      const found = await source.find(match[1].slice(1), wanted).catch(() => []);
      if (mine !== this.asked) return;
      return found.length ? this.show(source, found) : this.close();
    }
    this.shut = null;
    this.close();
  }

  show(source, found) {
    Object.assign(this, { found, at: 0 });
    this.list.setAttribute("aria-label", source.label);
    this.list.replaceChildren(...found.map((one, at) => {
      const option = document.createElement("li");
      option.id = `${this.list.id}-${at}`;
      option.dataset.at = at;
      option.setAttribute("role", "option");
      const label = document.createElement("bdi");
      label.textContent = one.label;
      option.append(label);
      if (one.hint) option.append(Object.assign(document.createElement("span"), { className: "soft small", textContent: one.hint }));
      return option;
    }));
    const { left, top } = caretPlace(this.area, this.start);
    this.list.hidden = false;
    const frame = this.writer.getBoundingClientRect();
    const field = this.area.getBoundingClientRect();
    const most = Math.max(0, frame.width - this.list.offsetWidth);
    this.list.style.insetBlockStart = `${field.top - frame.top + Math.min(top, field.height)}px`;
    this.list.style.left = `${Math.min(most, field.left - frame.left + left)}px`;
    this.area.setAttribute("aria-controls", this.list.id);
    this.mark();
    this.told.textContent = found.length === 1 ? this.told.dataset.one : this.told.dataset.many.replace("{n}", found.length);
  }

  mark() {
    for (const option of this.list.children) option.setAttribute("aria-selected", String(Number(option.dataset.at) === this.at));
    const chosen = this.list.children[this.at];
    this.area.setAttribute("aria-activedescendant", chosen.id);
    if (chosen.offsetTop < this.list.scrollTop) this.list.scrollTop = chosen.offsetTop;
    else if (chosen.offsetTop + chosen.offsetHeight > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = chosen.offsetTop + chosen.offsetHeight - this.list.clientHeight;
  }

  key(event) {
    if (this.list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.at = (this.at + step + this.found.length) % this.found.length;
      this.mark();
    } else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) this.take(this.at);
    else if (event.key === "Escape") {
      this.shut = this.start; // Not again for this word.
      this.close();
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  take(at) {
    const { text } = this.found[at];
    const end = this.area.selectionStart;
    this.asked += 1;
    this.close();
    replace(this.area, this.start, end, `${text} `);
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
    this.area.removeAttribute("aria-controls");
    this.told.textContent = "";
  }
}

/* ---- Where suggestions come from ---- */

// A sign counts where a word may begin; a name may have several words.
const PERSON = /(?:^|[\s([{>*_"'«“‘\u00a0])(@[\p{L}\p{N}'’.\-]*(?: [\p{L}\p{N}'’.\-]+){0,2})$/u;
const EMOJI = /(?:^|[\s([{>*_"'«“‘\u00a0])(:[\p{L}\p{N}_+\-]*)$/u;
const MOST = 8;
const PAUSE = 150;

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function people(writer) {
  const known = new Map();
  let turn = 0;
  return {
    pattern: PERSON,
    label: writer.dataset.people,
    async find(query) {
      const address = new URL(writer.dataset.mentions, window.location.href);
      address.searchParams.set("q", query);
      const { subgroup } = writer.querySelector("textarea").form.elements; // of a form that chooses who will read it
      if (subgroup?.value) address.searchParams.set("subgroup", subgroup.value);
      if (known.has(address.href)) return known.get(address.href);
      const mine = (turn += 1);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      if (mine !== turn) return [];
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) return [];
      const found = (await answer.json()).people.map((one) => ({ text: one.insert, label: one.name, hint: one.hint }));
      known.set(address.href, found);
      return found;
    },
  };
}

let collection = null; // Read once, when somebody first types a colon.

function emoji(writer) {
  const language = document.documentElement.lang.startsWith("fr") ? "fr" : "en";
  return {
    pattern: EMOJI,
    label: writer.dataset.emojiLabel,
    async find(query, wanted) {
      // ":-)", ":D" and times of day are no search, nor is the colon that ends a line in French; a button asks for all.
      if (query ? !/\p{L}.*\p{L}/u.test(query) && !/^\+?1$/.test(query) : !wanted) return [];
      collection ??= fetch(writer.dataset.emoji).then((answer) => answer.json());
      const typed = folded(query);
      const all = (await collection).map((one) => ({ ...one, words: folded([one.code, one.fr, one.en, ...one.tags].join(" ")) }));
      const begins = (one) => one.words.split(/[ _]/).some((word) => word.startsWith(typed));
      return all.filter(begins)
        .sort((one, other) => other.code.startsWith(typed) - one.code.startsWith(typed))
        .slice(0, MOST)
        .map((one) => ({ text: one.emoji, label: `${one.emoji}\u2002${one[language]}`, hint: `:${one.code}:` }));
    },
  };
}

export function setUpSuggestions(area, writer) {
  const sources = [emoji(writer)];
  if (writer.dataset.mentions) sources.unshift(people(writer));
  new Suggestions(area, writer, sources);
}
