// A page with several forms: what was typed into one of them is still there after another one was sent, for the life of this tab.

const page = document.querySelector("[data-keeps]");
const KEY = `cv:kept:${page.dataset.keeps}`;
let sent = null;

const memory = {
  get() { try { return JSON.parse(sessionStorage.getItem(KEY)); } catch { return null; } },
  set(values) { try { sessionStorage.setItem(KEY, JSON.stringify(values)); } catch { /* A frame may be refused storage. */ } },
  drop() { try { sessionStorage.removeItem(KEY); } catch { /* As above. */ } },
};

const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
const isTyped = (field) => isChoice(field) || field.type === "text" || field.type === "textarea";
const isTouched = (field) => (isChoice(field) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);

function nameOf(field) {
  const { form } = field;
  const about = form.elements.subject?.value ?? form.elements.decision?.value ?? "";
  return [new URL(form.action).pathname, about, field.name, isChoice(field) ? field.value : ""].join(" ");
}

function fields() {
  return [...document.forms].filter((form) => page.contains(form)).flatMap((form) => [...form.elements].filter(isTyped));
}

function keep() {
  const touched = fields().filter((field) => field.form !== sent && isTouched(field));
  if (!touched.length) return memory.drop();
  memory.set(Object.fromEntries(touched.map((field) => [nameOf(field), isChoice(field) ? field.checked : field.value])));
}

function bringBack() {
  const kept = memory.get();
  memory.drop();
  if (!kept) return;
  for (const field of fields()) {
    const value = kept[nameOf(field)];
    if (value === undefined) continue;
    if (isChoice(field)) field.checked = value;
    else field.value = value;
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

document.addEventListener("submit", (event) => { sent = event.defaultPrevented ? sent : event.target; });
window.addEventListener("pagehide", keep);
// Out of the browser's own memory the page comes as it was left.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  sent = null;
  memory.drop();
});
bringBack();
