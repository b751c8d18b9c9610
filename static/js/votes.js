// Votes: shown at once, taken back on the page when they did not arrive, and said to whoever cannot see it.

import { toast } from "./toast.js";

function press(form) {
  const button = form.querySelector("[aria-pressed]");
  if (button) button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") === "true" ? "false" : "true");
}

function free(form) {
  form.removeAttribute("data-sending");
  for (const button of form.querySelectorAll("button[type=submit]")) button.removeAttribute("aria-disabled");
}

document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (target.matches?.("form[data-vote]")) press(target);
});

// The tool said no: its page says why, as without script.
document.addEventListener("htmx:responseError", ({ target }) => {
  if (target.matches?.("form[data-vote]")) target.submit();
});

document.addEventListener("htmx:sendError", ({ target }) => {
  if (!target.matches?.("form[data-vote]")) return;
  press(target);
  free(target);
  toast(target.dataset.unsent);
});

// The form gives way to the results: whoever pressed its button goes on from there.
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const box = detail.target?.id && document.getElementById(detail.target.id);
  if (box?.matches(".poll-box") && document.activeElement === document.body) box.focus({ preventScroll: true });
});
