// Bringing files: chosen, dropped or pasted; each with its progress; described, put into the text, removed.

import { replace } from "./writing/area.js";

const AT_ONCE = 2;

const token = () => document.querySelector("meta[name=seat-token]").content;

/* ---- The way to the server. fetch tells nothing of what has been sent; XMLHttpRequest does. ---- */

function send(address, file, tell) {
  const request = new XMLHttpRequest();
  const answer = new Promise((resolve) => {
    request.upload.addEventListener("progress", (event) => event.lengthComputable && tell(event.loaded / event.total));
    request.addEventListener("load", () => resolve({ status: request.status, told: parsed(request.responseText) }));
    request.addEventListener("error", () => resolve({ status: 0 }));
    request.addEventListener("abort", () => resolve({ status: -1 }));
  });
  const form = new FormData();
  form.append("files", file, file.name || "image.png");
  request.open("POST", address);
  request.setRequestHeader("X-Seat-Token", token());
  request.setRequestHeader("Accept", "application/json");
  request.send(form);
  return { answer, cancel: () => request.abort() };
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

/* What the server wrote, and escaped. */
function written(html) {
  return document.createRange().createContextualFragment(html);
}

/* Takes a file out of a text, with the lines that it had for itself. */
function takeOut(area, id) {
  const alone = new RegExp(`(?<=^|\\n)!?\\[[^\\]\\n]*\\]\\(file:${id}\\)(\\n{1,2}|$)`);
  const within = new RegExp(`!?\\[[^\\]\\n]*\\]\\(file:${id}\\)`);
  let found;
  while ((found = alone.exec(area.value) ?? within.exec(area.value))) replace(area, found.index, found.index + found[0].length, "");
}

/* ---- One place where a form takes files ---- */

class Bring {
  constructor(field) {
    this.field = field;
    this.form = field.closest("form");
    this.list = field.querySelector("[data-chosen]");
    this.input = field.querySelector("input[type=file]");
    this.refusals = field.querySelector("[data-refusals]");
    this.waiting = []; // what is to be sent
    this.under = 0; // how many are on their way
    this.publishes = null; // the button that was pressed meanwhile
    field.classList.add("scripted");
    field.querySelector("[data-drop-hint]").hidden = false;
    this.input.addEventListener("change", () => {
      this.add([...this.input.files]);
      this.input.value = ""; // What has been sent does not go along once more.
    });
    this.list.addEventListener("click", (event) => this.pressed(event));
    for (const row of this.list.children) this.setUpRow(row);
    this.clips = this.form.querySelectorAll(`[data-attach="${this.input.id}"]`);
    for (const clip of this.clips) clip.addEventListener("click", () => this.input.click());
    this.takeDrops();
    this.takePastes();
    this.holdBack();
    // A draft that was taken up again names its files.
    this.form.addEventListener("cv:restored", (event) => this.restore(event.detail.values));
  }

  words(name, file) { return this.field.dataset[name].replace("{name}", file); }

  say(words) { this.field.querySelector("[data-said]").textContent = words; }

  changed() { this.form.dispatchEvent(new Event("input", { bubbles: true })); }

  /* Rows that the server wrote: the box that stands for a file without script becomes a button. */
  setUpRow(row) {
    const box = row.querySelector("input[name=attachment]");
    box.type = "hidden";
    row.querySelector("[data-remove]").hidden = false;
    const insert = row.querySelector("[data-insert]");
    if (insert) insert.hidden = !this.area();
    const decorative = row.querySelector("input[name^=decorative]");
    const alt = row.querySelector("input[name^=alt]");
    if (decorative) {
      const follow = () => { alt.disabled = decorative.checked; };
      decorative.addEventListener("change", follow);
      follow();
    }
  }

  put(html, before) {
    const rows = [...written(html).children];
    for (const row of rows) {
      before ? before.before(row) : this.list.append(row);
      this.setUpRow(row);
    }
    return rows;
  }

  row(id) { return this.list.querySelector(`[data-file="${CSS.escape(id)}"]`); }

  async restore(values) {
    const wanted = (values.attachment ?? []).filter(Boolean);
    const turn = this.turn = Symbol();
    for (const one of this.field.querySelectorAll("[data-file], [data-stands-in]")) if (!wanted.includes(one.dataset.file)) one.remove();
    const missing = wanted.filter((id) => !this.row(id));
    if (missing.length) {
      const rows = await this.rowsOf(missing);
      if (this.turn !== turn) return; // Another text was asked for meanwhile.
      if (rows !== null) {
        for (const one of this.field.querySelectorAll("[data-stands-in]")) one.remove();
        this.put(rows);
      }
    }
    for (const id of wanted) this.describe(this.row(id), values[`alt-${id}`]?.[0], values[`decorative-${id}`]);
    this.changed();
  }

  /* Rows as the server writes them. Until they come, and without a connection, the form has the files without. */
  async rowsOf(ids) {
    const address = new URL(this.field.dataset.rows, window.location.href);
    for (const id of ids) {
      address.searchParams.append("attachment", id);
      const standsIn = Object.assign(document.createElement("input"), { type: "hidden", name: "attachment", value: id });
      Object.assign(standsIn.dataset, { standsIn: "", file: id });
      this.field.append(standsIn);
    }
    try {
      const answer = await fetch(address);
      return answer.ok ? await answer.text() : null;
    } catch { return null; }
  }

  describe(row, alt, decorative) {
    const box = row?.querySelector("input[name^=decorative]");
    if (!box) return;
    if (alt !== undefined) row.querySelector("input[name^=alt]").value = alt;
    box.checked = Boolean(decorative);
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /* ---- Where files come from ---- */

  takeDrops() {
    const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const leave = () => this.form.classList.remove("dropping");
    this.form.addEventListener("dragover", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      this.form.classList.add("dropping");
    });
    this.form.addEventListener("dragleave", (event) => { if (!this.form.contains(event.relatedTarget)) leave(); });
    this.form.addEventListener("drop", (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      leave();
      this.add([...event.dataTransfer.files], event.target.closest("textarea"));
    });
  }

  takePastes() {
    this.form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      // A word processor puts a picture of the text beside the text: then the text is meant.
      if (!files.length || event.clipboardData.getData("text/plain")) return;
      event.preventDefault();
      this.add(files, event.target.closest("textarea"));
    });
    this.form.addEventListener("focusin", (event) => { if (event.target.matches("[data-writer] textarea")) this.last = event.target; });
  }

  /* The text that is written: not one of a kind that is not chosen. */
  area() {
    const last = this.last?.isConnected && this.last.matches(":enabled") ? this.last : null;
    return last ?? this.form.querySelector("[data-writer] textarea:enabled");
  }

  /* Where one goes on to add another: its own button, or that in the bar of the text. */
  goOn() { [this.input, ...this.clips].find((one) => one.getClientRects().length)?.focus(); }

  /* ---- From the list of files to the server ---- */

  add(files, area) {
    this.refusals.replaceChildren();
    for (const file of files) {
      const problem = this.problemOf(file);
      if (problem) this.refuse(problem);
      else this.waiting.push(this.rowFor(file, area));
    }
    this.next();
  }

  /* What the server would refuse is said before it is sent. */
  problemOf(file) {
    const { largest, left, most } = this.field.dataset;
    const isImage = file.type.startsWith("image/"); // of which less is kept than is sent
    if (file.size > Number(largest)) return this.words("tooLarge", file.name);
    if (Number(left) <= 0 || (!isImage && file.size > Number(left))) return this.words("noRoom", file.name);
    if (this.list.children.length >= Number(most)) return this.words("tooMany", file.name);
    return null;
  }

  refuse(words) {
    const sample = this.field.querySelector("template[data-sending]").content.querySelector("[data-problem]").cloneNode(true);
    sample.hidden = false;
    sample.querySelector("span").textContent = words;
    const line = document.createElement("li");
    line.append(sample);
    this.refusals.append(line);
    this.say(words);
  }

  rowFor(file, area) {
    const row = this.field.querySelector("template[data-sending]").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[role=progressbar]").setAttribute("aria-label", this.words("underWay", file.name));
    this.list.append(row);
    const job = { file, row, area };
    row.querySelector("[data-cancel]").addEventListener("click", () => this.cancel(job));
    row.querySelector("[data-again]").addEventListener("click", () => this.again(job));
    this.progress(job, 0);
    return job;
  }

  progress(job, part) {
    const bar = job.row.querySelector("[role=progressbar]");
    bar.setAttribute("aria-valuenow", String(Math.round(part * 100)));
    bar.style.setProperty("--value", `${part * 100}%`);
  }

  next() {
    while (this.under < AT_ONCE && this.waiting.length) this.start(this.waiting.shift());
    if (!this.under && !this.waiting.length) this.release();
  }

  async start(job) {
    this.under += 1;
    const sending = send(this.field.dataset.address, job.file, (part) => this.progress(job, part));
    job.stop = sending.cancel;
    const { status, told } = await sending.answer;
    this.under -= 1;
    if (status === -1) return this.next();
    if (told) this.arrived(job, told);
    else this.failed(job, status);
    this.next();
  }

  arrived(job, told) {
    this.field.dataset.left = told.left;
    this.field.dataset.largest = told.largest;
    this.field.querySelector("[data-room]").textContent = told.room.trim();
    const had = job.row.contains(document.activeElement);
    for (const file of told.files) {
      const [row] = this.put(file.row, job.row);
      if (file.image && job.area) this.insertBesideWriting(job.area, file.id);
      if (had) row.querySelector("[data-remove]").focus();
      this.say(this.words("arrived", file.name));
    }
    if (told.refused.trim()) {
      this.refusals.append(written(told.refused));
      this.say(this.refusals.textContent.trim());
      this.publishes = null;
    }
    job.row.remove();
    this.changed();
  }

  failed(job, status) {
    const words = status === 413 ? this.words("tooLarge", job.file.name)
      : status === 0 || status >= 500 ? this.words("failed", job.file.name) : this.words("refused", job.file.name);
    const problem = job.row.querySelector("[data-problem]");
    problem.hidden = false;
    problem.querySelector("span").textContent = words;
    job.row.querySelector("[role=progressbar]").hidden = true;
    job.row.querySelector("[data-again]").hidden = status === 413;
    this.publishes = null; // Nobody publishes without a file that they meant to bring.
    this.say(words);
  }

  again(job) {
    job.row.querySelector("[data-problem]").hidden = true;
    job.row.querySelector("[role=progressbar]").hidden = false;
    job.row.querySelector("[data-again]").hidden = true;
    job.row.querySelector("[data-cancel]").focus();
    this.progress(job, 0);
    this.waiting.push(job);
    this.next();
  }

  cancel(job) {
    this.waiting = this.waiting.filter((one) => one !== job);
    job.stop?.();
    job.row.remove();
    this.goOn();
    this.next();
  }

  /* ---- What is done with a file that is there ---- */

  pressed(event) {
    const row = event.target.closest("[data-file]");
    if (!row) return;
    if (event.target.closest("[data-remove]")) this.remove(row);
    else if (event.target.closest("[data-insert]")) this.insert(this.area(), row.dataset.file);
  }

  insert(area, id) {
    area?.dispatchEvent(new CustomEvent("cv:insert", { detail: { text: `![](file:${id})`, block: true } }));
  }

  /* What arrives late takes nobody away from the field in which they write on. */
  insertBesideWriting(area, id) {
    const at = document.activeElement;
    this.insert(area, id);
    if (at !== area && at.matches("textarea, input, select")) at.focus({ preventScroll: true });
  }

  remove(row) {
    const name = row.querySelector("bdi").textContent;
    for (const area of this.form.querySelectorAll("textarea")) takeOut(area, row.dataset.file);
    // The server is not told: a draft may name the file, on another device, too. What nobody claims is swept away.
    row.remove();
    this.goOn();
    this.say(this.words("removed", name));
    this.changed();
  }

  /* Who publishes while files are on their way means them, too: the form goes when they have arrived. */
  holdBack() {
    window.addEventListener("submit", (event) => {
      if (event.target !== this.form || !(this.under || this.waiting.length)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.publishes = event.submitter ?? true;
      this.say(this.field.dataset.waiting);
    }, { capture: true });
  }

  release() {
    const button = this.publishes;
    this.publishes = null;
    if (button) this.form.requestSubmit(button === true ? undefined : button);
  }
}

function setUpAll(within) {
  for (const field of within.querySelectorAll("[data-bring]:not(.scripted)")) new Bring(field);
}

setUpAll(document);
// A form that htmx brought into the page.
document.addEventListener("htmx:afterSettle", (event) => setUpAll(event.target.parentElement ?? document));
