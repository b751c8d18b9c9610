// The tools of a text: one stop for the Tab key, arrows between them, and the usual shortcuts.

import { COMMANDS } from "./commands.js";

const SHORTCUTS = { b: "bold", i: "italic", k: "link" };

const isShown = (button) => !button.hidden && !button.disabled && button.getClientRects().length > 0;

function setUpArrows(bar) {
  const buttons = () => [...bar.querySelectorAll("button, summary")].filter(isShown);
  const stopAt = (one) => {
    for (const button of bar.querySelectorAll("button, summary")) button.tabIndex = button === one ? 0 : -1;
  };
  bar.addEventListener("keydown", (event) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement);
    const forwards = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const to = { Home: 0, End: all.length - 1, ArrowLeft: at - 1, ArrowRight: at + 1 }[event.key];
    if (to === undefined || at === -1) return;
    event.preventDefault();
    const step = event.key.startsWith("Arrow") && forwards === "ArrowLeft" ? 2 * at - to : to;
    const next = all[(step + all.length) % all.length];
    stopAt(next);
    next.focus();
  });
  bar.addEventListener("focusin", (event) => stopAt(event.target));
  stopAt(bar.querySelector("button"));
}

const placeOf = (area) => area.closest(".composer").querySelector(".bar");

/* Fields that share their tools have them in turn: they stand in that which is, or was last, written in. */
export function setUpToolbar(areas, writer) {
  const bar = writer.querySelector("[data-tools]");
  let [current] = areas;
  const goTo = (area) => {
    current = area;
    bar.setAttribute("aria-controls", area.id);
    if (placeOf(area).contains(bar)) return;
    const { scrollLeft } = bar;
    placeOf(area).prepend(bar);
    bar.scrollLeft = scrollLeft;
  };
  bar.hidden = false;
  setUpArrows(bar);
  for (const button of bar.querySelectorAll("[data-markdown]")) {
    button.addEventListener("click", () => COMMANDS[button.dataset.markdown](current, button));
  }
  for (const area of areas) {
    area.addEventListener("focus", () => goTo(area));
    // Where the tools would stand the field goes on.
    placeOf(area).addEventListener("mousedown", (event) => {
      if (event.target !== event.currentTarget) return;
      event.preventDefault();
      area.focus();
    });
  }
  // Their place in the other fields is as high as they are.
  if (areas.length > 1) new ResizeObserver(() => writer.style.setProperty("--tools", `${bar.offsetHeight}px`)).observe(bar);
  if (areas.includes(document.activeElement)) goTo(document.activeElement);
}

export function setUpShortcuts(area, form) {
  area.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    const command = SHORTCUTS[event.key.toLowerCase()];
    if (command && !event.shiftKey) {
      event.preventDefault();
      COMMANDS[command](area);
    } else if (event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button.primary"));
    }
  });
}
