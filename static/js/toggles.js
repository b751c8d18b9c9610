// Follow, mute, keep: shown at once, sent behind it, and taken back honestly when it could not be saved.
// Without this script each is a form that works by itself.

import { toast } from "./toast.js";

const sending = new WeakSet();

function field(form) {
  return form.elements[form.dataset.toggle];
}

function show(form, on) {
  form.toggleAttribute("data-on", on);
  field(form).value = on ? form.dataset.takeBack : form.dataset.choose;
  const button = form.querySelector("button");
  if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(on));
}

// Forms with one address and one field are faces of one choice: to follow takes "muted" back.
function others(form) {
  return [...document.querySelectorAll("form[data-toggle]")].filter(
    (other) => other !== form && other.action === form.action && other.dataset.toggle === form.dataset.toggle,
  );
}

async function send(form) {
  sending.add(form);
  const wanted = form.hasAttribute("data-on");
  const before = others(form).map((other) => [other, other.hasAttribute("data-on")]);
  const words = new FormData(form);
  words.set(form.dataset.toggle, wanted ? form.dataset.choose : form.dataset.takeBack);
  if (wanted) for (const [other] of before) show(other, false);
  try {
    const answer = await fetch(form.action, { method: "POST", body: words, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${form.action} answered ${answer.status}`);
    // Pressed again meanwhile: the last choice is the one that holds.
    if (form.hasAttribute("data-on") !== wanted) await send(form);
  } catch {
    show(form, !wanted);
    for (const [other, was] of before) show(other, was);
    toast(form.dataset.failed);
  } finally {
    sending.delete(form);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-toggle]");
  if (!form) return;
  event.preventDefault();
  show(form, !form.hasAttribute("data-on"));
  if (!sending.has(form)) send(form);
});
