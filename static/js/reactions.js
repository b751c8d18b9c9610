// Reactions are shown at once and sent behind; what the server refuses, or never hears of, is rolled back and said.

import { toast } from "./toast.js";

const words = document.getElementById("reaction-words")?.dataset ?? {};

// One number for each form: while it is sent a second press does nothing, so that nothing counts twice.
const sending = new WeakSet();

function stateOf(form) {
  const button = form.querySelector("button");
  return {
    pressed: button.getAttribute("aria-pressed") === "true",
    count: Number(form.querySelector("[data-count]").textContent) || 0,
  };
}

function show(form, { pressed, count }) {
  const button = form.querySelector("button");
  button.setAttribute("aria-pressed", String(pressed));
  button.value = String(!pressed);
  form.querySelector("[data-count]").textContent = count || "";
  if (form.dataset.reaction === "helped") showNote(form, pressed);
}

// Whoever was helped may say what they did with it: the line is offered while the thanks stand.
function showNote(form, pressed) {
  const foot = form.closest(".post-foot");
  const note = foot.nextElementSibling?.matches("[data-note]") ? foot.nextElementSibling : null;
  const model = document.getElementById("note-form");
  if (!pressed) note?.remove();
  else if (!note && model) {
    const made = model.content.cloneNode(true);
    const number = form.dataset.number || "post";
    made.querySelector("form").action = form.action;
    made.querySelector("label").htmlFor = `note-${number}`;
    made.querySelector("input[name=note]").id = `note-${number}`;
    foot.after(made);
  }
}

async function send(form, on) {
  const body = new FormData(form);
  body.set("on", String(on));
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error([403, 404, 409].includes(answer.status) ? "refused" : "failed");
  return answer.json();
}

async function press(form) {
  if (sending.has(form)) return;
  sending.add(form);
  const before = stateOf(form);
  const on = !before.pressed;
  show(form, { pressed: on, count: Math.max(0, before.count + (on ? 1 : -1)) });
  try {
    const { stands, count, told } = await send(form, on);
    show(form, { pressed: stands, count });
    toast(told);
  } catch (problem) {
    show(form, before);
    toast(problem.message === "refused" ? words.refused : words.failed);
  } finally {
    sending.delete(form);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-reaction]")) return;
  event.preventDefault();
  press(form);
});
