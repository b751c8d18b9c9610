// Single keys, for those who want them: never while one types, never with a modifier, and off by one switch.

const dialog = document.getElementById("shortcuts");
const switchedOn = () => document.body.dataset.shortcuts === "on";
const FIRST_OF_TWO = "g";
const SECOND_WITHIN = 1500;
let begun = -Infinity;

const typing = (element) => element?.closest?.("input, textarea, select, [contenteditable]:not([contenteditable=false])");
const shown = (element) => Boolean(element?.getClientRects().length);

/* ---- The list of them ---- */

function open(trigger) {
  if (dialog.open) return;
  // Near what opened it: in a frame that grew with its page, the middle of it may be out of sight.
  const top = trigger?.getBoundingClientRect().top ?? 0;
  dialog.style.setProperty("margin-block-start", `${Math.max(16, Math.round(top))}px`);
  dialog.showModal();
}

for (const button of document.querySelectorAll("[data-opens-shortcuts]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const menu = button.closest("details");
    const summary = menu?.querySelector("summary");
    if (menu) menu.open = false;
    open(summary ?? button);
    dialog.addEventListener("close", () => (summary ?? button).focus(), { once: true });
  });
}

dialog?.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());

/* ---- From one thread or reply to the next ---- */

const steps = () => [...document.querySelectorAll("main article.post, main article[id^=comment-], main [data-step]")].filter(shown);

function step(by) {
  const all = steps();
  if (!all.length) return;
  const at = all.findIndex((one) => one.contains(document.activeElement));
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (!next) return;
  // Of what is nested, the inner one: the focus itself goes to the link of a list, else to the article.
  const target = next.querySelector(":scope a.title, :scope .title a") ?? next;
  if (target === next && !next.hasAttribute("tabindex")) next.tabIndex = -1;
  target.focus();
}

function press(selector) {
  const here = document.activeElement?.closest?.("article, [data-step]");
  const found = [...(here?.querySelectorAll(selector) ?? []), ...document.querySelectorAll(`main ${selector.split(", ").join(", main ")}`)].find(shown);
  if (!found) return false;
  if (found.matches("textarea, input")) found.focus();
  else found.click();
  return true;
}

function go(name) {
  const link = document.querySelector(`[data-key="${name}"]`);
  if (!link) return false;
  link.click();
  return true;
}

function search() {
  const field = document.querySelector("input[type=search]");
  if (!shown(field)) return go("search");
  field.focus();
  field.select();
  return true;
}

const ACTS = {
  "?": () => (open(), true),
  "/": search,
  j: () => (step(1), true),
  k: () => (step(-1), true),
  n: () => go("new"),
  r: () => press("[data-act=reply], a[href$='#reply'], form[action*='/comments'] textarea"),
  e: () => press("[data-act=edit], a[href*='/edit?']"),
};

document.addEventListener("keydown", (event) => {
  if (!switchedOn() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const second = performance.now() - begun < SECOND_WITHIN;
  begun = -Infinity;
  if (second) {
    if (go(event.key)) event.preventDefault();
    return;
  }
  if (event.key === FIRST_OF_TWO) {
    begun = performance.now();
    return;
  }
  if (ACTS[event.key]?.()) event.preventDefault();
});
