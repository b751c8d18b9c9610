// What every page needs: menus, copy buttons, the frame's height, the visit, forms that are sent once.

import { subscription } from "./push-browser.js";
import { forgetOthers, hearOfSigningOut } from "./writing/memory.js";

const inFrame = window.self !== window.top;
const root = document.documentElement;

// In a frame the page is light unless its reader chose otherwise: LMS pages mostly are.
if (inFrame && !root.dataset.theme && document.body.hasAttribute("data-theme-free")) {
  root.dataset.theme = "light";
}

/* ---- Menus and confirmations close with Escape; the focus goes back to what opened them. ---- */

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details.menu[open], details.confirm[open]")
    ?? document.querySelector("details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

/* ---- What asks for words takes them at once: typed beside the field, they would be shortcuts. ---- */

const TYPED = ":is(textarea, select, input:not([type=hidden], [type=checkbox], [type=radio], [type=file]))";

document.addEventListener("click", (event) => {
  const folded = event.target.closest?.("details.more:not(.confirm, .filterbox) > summary")?.parentElement;
  if (!folded || folded.open) return;
  const field = folded.querySelector(`form[method=post] ${TYPED}`);
  if (!field) return;
  // Opened here and now: the browser tells of it later, and what is typed in between would be lost.
  event.preventDefault();
  folded.open = true;
  field.focus();
});

/* ---- Copy buttons ---- */

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // Frames without the clipboard permission still know this one.
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await copy(document.getElementById(button.dataset.copy));
    const label = button.querySelector("span");
    label.setAttribute("role", "status");
    label.textContent = document.body.dataset.copied;
  });
}

/* ---- The current section is in sight, without moving the host page. ---- */

for (const current of document.querySelectorAll(".nav [aria-current], .tabs [aria-current]")) {
  const strip = current.closest(".nav, .tabs");
  strip.scrollLeft += current.getBoundingClientRect().left - strip.getBoundingClientRect().left - 48;
}

/* ---- A notice after a redirect is announced, and is not shown again on reload. ---- */

const announce = document.getElementById("announce");
if (announce?.firstElementChild) {
  const toast = announce.firstElementChild;
  toast.remove();
  setTimeout(() => announce.append(toast), 60);
  const here = new URL(window.location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    here.searchParams.delete("of");
    history.replaceState(history.state, "", here);
  }
}

/* ---- Forms are sent once; coming back by the history frees them again. ---- */

function setSending(form, sending) {
  form.toggleAttribute("data-sending", sending);
  for (const button of document.querySelectorAll("button[type=submit]")) {
    if (button.form !== form) continue;
    if (sending) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.hasAttribute("data-sending")) event.preventDefault();
  else setSending(form, true);
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sending]")) setSending(form, false);
});

/* ---- From the frame into a tab of its own: the link is asked for, and opened by the same click. ---- */

async function goToTab(form) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) throw new Error(`the link was answered with ${answer.status}`);
    const { address } = await answer.json();
    if (navigator.userActivation?.isActive === false) throw new Error("the click was too long ago");
    // A tab that knew its opener would make Firefox take the frame's own cookies away from it.
    window.open(address, "_blank", "noopener");
  } catch {
    form.submit(); // The answer stands in this page then: a link, or why there is none.
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-open-tab]")) return;
  event.preventDefault();
  goToTab(event.target);
});

/* ---- The frame grows with the page, where the LMS listens. ---- */

const platforms = (document.body.dataset.platformOrigins ?? "").split(" ").filter((origin) => origin.startsWith("http"));
if (inFrame && platforms.length) {
  let told = 0;
  let waiting = null;
  const tell = () => {
    waiting = null;
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    for (const origin of platforms) window.parent.postMessage({ subject: "lti.frameResize", height }, origin);
  };
  new ResizeObserver(() => { waiting ??= setTimeout(tell, 100); }).observe(document.body);
}

/* ---- The visit: told at most every five minutes, while the page is looked at. ---- */

const VISIT_EVERY = 5 * 60 * 1000;
const seenUrl = document.body.dataset.seenUrl;
const token = document.querySelector("meta[name=seat-token]")?.content;
const visitKey = `cv:seen:${token}`;

function lastTold() {
  try {
    return Number(sessionStorage.getItem(visitKey)) || 0;
  } catch {
    return Number(root.dataset.seenAt) || 0; // A frame may be refused storage.
  }
}

function rememberTold(now) {
  root.dataset.seenAt = now;
  try {
    sessionStorage.setItem(visitKey, now);
  } catch {
    // The page itself remembers.
  }
}

function tellVisit() {
  const now = Date.now();
  if (document.visibilityState !== "visible" || now - lastTold() < VISIT_EVERY) return;
  rememberTold(now);
  fetch(seenUrl, { method: "POST", headers: { "X-Seat-Token": token }, keepalive: true }).catch(() => {
    // The next turn tries again.
  });
}

if (seenUrl && token) {
  document.addEventListener("visibilitychange", tellVisit);
  setInterval(tellVisit, 60 * 1000);
  setTimeout(tellVisit, 2000);
}

/* ---- What this tab remembers of unsent texts is for one member, and not for after signing out. ---- */

if (document.body.dataset.me) forgetOthers(document.body.dataset.me);
hearOfSigningOut();

/* ---- Who signs out is told nothing more in this browser. ---- */

const LONGEST_FAREWELL = 1500;

async function endPush(form) {
  const found = await subscription();
  if (!found) return;
  const field = Object.assign(document.createElement("input"), { type: "hidden", name: "push_endpoint", value: found.endpoint });
  form.append(field);
  await found.unsubscribe();
}

for (const form of document.querySelectorAll("form[data-sign-out]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const tooLong = new Promise((resolve) => setTimeout(resolve, LONGEST_FAREWELL));
    await Promise.race([endPush(form).catch(() => {}), tooLong]);
    form.submit();
  });
}
