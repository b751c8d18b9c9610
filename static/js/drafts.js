// A text that is never lost: remembered in this tab while it lives, and kept on the server until it is published.

import { tabMemory } from "./writing/memory.js";

const PAUSE = 3000;
const LONGEST_WAIT = 15000;
const TRY_AGAIN = [5000, 15000, 30000, 60000];
// What a form carries for itself; all else is what somebody chose or typed.
const BOOKKEEPING = new Set(["seat_token", "draft", "draft_version", "draft_page", "kept"]);
const SENT = "cv:sent";
const MOST_WITH_THE_LAST_BREATH = 60_000; // browsers take 64 KB of a request that outlives its page

// A text is forgotten once a page says that it arrived, not when it leaves.
function forgetWhatArrived() {
  const sent = tabMemory.get(SENT);
  if (!sent) return;
  if (document.body.dataset.notice) tabMemory.drop(sent);
  tabMemory.drop(SENT);
}

const NO_TEXT = new Set(["file", "submit", "button", "reset", "image"]);

// All that stands in a form, also what the form of the chosen kind does not show: nothing of it is lost.
function* pairsOf(form) {
  for (const field of form.elements) {
    if (!field.name || NO_TEXT.has(field.type)) continue;
    if ((field.type === "radio" || field.type === "checkbox") && !field.checked) continue;
    if (field.type === "select-multiple") for (const option of field.selectedOptions) yield [field.name, option.value];
    else if (field.tagName !== "FIELDSET" && field.tagName !== "OUTPUT") yield [field.name, field.value];
  }
}

function valuesOf(form) {
  const values = {};
  for (const [name, value] of pairsOf(form)) if (!BOOKKEEPING.has(name)) (values[name] ??= []).push(value);
  return values;
}

// A fast writer begins before scripts have come: what was typed by then is no part of the form as it was opened.
function valuesAsOpened(form) {
  const typed = [...form.querySelectorAll("textarea, input[type=text], input:not([type])")];
  const early = typed.map((field) => [field, field.value]).filter(([field, value]) => value !== field.defaultValue);
  for (const [field] of early) field.value = field.defaultValue;
  const values = valuesOf(form);
  for (const [field, value] of early) field.value = value;
  return values;
}

// Nothing typed is the same as no field: a hidden part of a form sends nothing.
const filled = (values) => Object.entries(values).map(([name, texts]) => [name, texts.map((text) => text.trim())]).filter(([, texts]) => texts.some(Boolean));
const same = (one, other) => JSON.stringify(filled(one).sort()) === JSON.stringify(filled(other).sort());

function fill(form, values) {
  for (const [name, texts] of Object.entries(values)) {
    if (name === "attachment") continue; // rows, which files.js draws
    const left = [...texts];
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = texts.includes(field.value);
      else if (field.type !== "file") field.value = left.shift() ?? "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  // Whoever draws something from hidden fields draws it anew.
  form.dispatchEvent(new CustomEvent("cv:restored", { bubbles: true, detail: { values } }));
}

class Draft {
  constructor(form) {
    this.form = form;
    this.key = `cv:draft:${form.dataset.draft}`;
    this.page = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    this.keeper = form.querySelector("[data-draft-keep]");
    this.status = form.querySelector("[data-draft-status]");
    this.trouble = form.querySelector("[data-draft-trouble]");
    this.asOpened = valuesAsOpened(form);
    this.kept = this.asOpened;
    this.failures = 0;
    this.running = null; // the request on its way
    this.conflict = null;
    this.leaving = false;
    form.classList.add("keeps-itself");
    this.listen();
    const remembered = tabMemory.get(this.key);
    if (remembered?.values && !same(remembered.values, valuesOf(form))) this.offer(remembered);
    else if (!same(valuesOf(form), this.asOpened)) this.changed(); // typed before this script was there
  }

  listen() {
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("change", () => this.changed());
    this.form.addEventListener("submit", (event) => this.submitted(event));
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.save({ last: true }); });
    window.addEventListener("pagehide", () => this.save({ last: true }));
    // Not as soon as the browser is online: connection.js lets forms pass once the server is reached.
    document.addEventListener("cv:connected", () => this.back());
    window.addEventListener("offline", () => { if (this.isUnsaved()) this.say("offline"); });
    window.addEventListener("pageshow", (event) => { 
      if (!event.persisted) return;
      // What was published of it is no draft any more; what was not is known by the name of this page.
      this.leaving = false;
      this.field("draft_version").value = 0;
    });
    window.addEventListener("beforeunload", (event) => {
      // What is kept on the server needs no question.
      if (this.isUnsaved() && this.failures && !this.leaving) event.preventDefault();
    });
    this.keeper?.addEventListener("click", (event) => {
      event.preventDefault(); // The page stays: the draft is kept as by itself.
      this.save({ asked: true });
    });
  }

  field(name) { return this.form.elements[name]; }

  isUnsaved() { return !same(valuesOf(this.form), this.kept); }

  changed() {
    const values = valuesOf(this.form);
    if (same(values, this.asOpened)) tabMemory.drop(this.key);
    else tabMemory.set(this.key, { values, page: this.page, draft: this.field("draft")?.value, version: this.field("draft_version")?.value });
    this.waiting = null; // A text that is being written on is not published by itself.
    if (!this.keeper || this.conflict) return;
    this.since ??= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(PAUSE, this.since + LONGEST_WAIT - Date.now())));
  }

  async save({ last = false, asked = false } = {}) {
    clearTimeout(this.timer);
    if (!this.keeper || this.conflict || this.leaving || (!asked && !this.isUnsaved())) return;
    if (this.running && !last) {
      await this.running;
      return this.save({ asked });
    }
    this.since = null;
    this.running = this.send(last).finally(() => { this.running = null; });
    await this.running;
  }

  async send(last) {
    const values = valuesOf(this.form);
    const body = new URLSearchParams();
    for (const [name, value] of pairsOf(this.form)) body.append(name, value);
    body.set("draft_page", this.page);
    let answer;
    try {
      answer = await fetch(this.keeper.formAction, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        keepalive: last && body.toString().length < MOST_WITH_THE_LAST_BREATH,
      });
    } catch {
      return this.failed("offline");
    }
    if (answer.ok) return this.arrived(values, await answer.json());
    if (answer.status === 409 || answer.status === 422) return this.refused(await answer.json());
    if (answer.status === 401) return this.say("signedOut");
    if (answer.status === 403 || answer.status === 404) return this.say("refused");
    this.failed("failed");
  }

  arrived(values, { version, at }) {
    this.kept = values;
    this.failures = 0;
    this.field("draft_version").value = version;
    this.status.textContent = this.status.dataset.kept.replace("{time}", at);
    this.say(null);
    this.form.dispatchEvent(new CustomEvent("cv:kept", { bubbles: true }));
    if (this.isUnsaved()) this.changed();
  }

  failed(why) {
    this.say(why);
    const wait = TRY_AGAIN[Math.min(this.failures, TRY_AGAIN.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.save(), wait);
  }

  back() {
    if (this.waiting) {
      const button = this.waiting.submitter;
      this.waiting = null;
      this.form.requestSubmit(button);
    } else if (this.isUnsaved()) this.save();
  }

  say(why, text = why ? this.trouble?.dataset[why] : "") {
    if (this.trouble && this.trouble.textContent !== text) this.trouble.textContent = text;
    if (why && this.status) this.status.textContent = "";
  }

  refused({ code, said, other }) {
    if (!other && code !== "draft-gone") return this.say("failed", said);
    this.conflict = other ?? { version: 0, fields: null };
    const box = document.querySelector("[data-draft-conflict]");
    if (!box) return this.say("failed", said);
    const swap = box.querySelector("[data-draft-swap]");
    box.querySelector("[data-draft-said]").textContent = said;
    swap.hidden = !other;
    box.hidden = false;
    this.say(null);
    let hidden = other?.fields;
    let isMine = true;
    swap.onclick = () => {
      const shown = valuesOf(this.form);
      fill(this.form, hidden);
      hidden = shown;
      isMine = !isMine;
      swap.textContent = isMine ? swap.dataset.theirs : swap.dataset.mine;
    };
    box.querySelector("[data-draft-mine]").onclick = () => {
      this.field("draft_version").value = this.conflict.version;
      this.conflict = null;
      box.hidden = true;
      this.form.querySelector("textarea:enabled").focus();
      this.save({ asked: true });
    };
  }

  // What is on its way arrives first: a draft must not come after what was published of it.
  submitted(event) {
    const button = event.submitter;
    if (button?.hasAttribute("formaction") && button !== this.keeper) return;
    if (this.running && !this.leaving) {
      event.preventDefault();
      event.stopPropagation();
      Promise.race([this.running, new Promise((resolve) => setTimeout(resolve, PAUSE))]).then(() => {
        this.leaving = true;
        this.form.requestSubmit(button);
      });
      return;
    }
    if (navigator.onLine === false) {
      event.preventDefault();
      event.stopPropagation();
      this.leaving = false;
      this.waiting = { submitter: button };
      return this.say("waiting");
    }
    this.leaving = true;
    clearTimeout(this.timer);
    this.pageField().value = this.page;
    tabMemory.set(SENT, this.key);
  }

  // By it the server knows that it was this page that wrote the draft last.
  pageField() {
    const known = this.field("draft_page");
    if (known) return known;
    const made = Object.assign(document.createElement("input"), { type: "hidden", name: "draft_page" });
    this.form.append(made);
    return made;
  }

  offer(remembered) {
    const box = document.querySelector("[data-draft-offer]");
    if (!box) return;
    const done = () => {
      box.hidden = true;
      this.form.querySelector("textarea:enabled").focus();
    };
    box.hidden = false;
    box.querySelector("[data-draft-take]").onclick = () => {
      this.takeUp(remembered);
      done();
    };
    box.querySelector("[data-draft-drop]").onclick = () => {
      tabMemory.drop(this.key);
      done();
    };
  }

  takeUp(remembered) {
    // What the server has of it by now was written by that page: it is gone on with, and not begun anew.
    const isSame = this.field("draft")?.value === remembered.draft;
    if (remembered.draft) this.field("draft").value = remembered.draft;
    if (remembered.version && !(isSame && this.field("draft_version").value > 0)) this.field("draft_version").value = remembered.version;
    if (remembered.page) this.page = remembered.page;
    fill(this.form, remembered.values);
    this.changed();
  }
}

forgetWhatArrived();
export const drafts = [...document.querySelectorAll("form[data-draft]")].map((form) => new Draft(form));
