// The login page: go on where the cookie sticks, offer a tab of its own where it does not.

import { put, storageFrame } from "./platform-storage.js";

const page = document.getElementById("login");
const PATIENCE = 6000;

function show(state) {
  for (const part of page.querySelectorAll("[data-when]")) {
    part.hidden = part.dataset.when !== state;
  }
  const heading = page.querySelector(`[data-when="${state}"] h1`);
  if (state !== "checking" && heading) heading.focus();
}

function offer(...ways) {
  page.querySelector("[data-ways]").hidden = false;
  for (const way of page.querySelectorAll("[data-way]")) {
    way.hidden = !ways.includes(way.dataset.way);
  }
}

async function cookieSticks() {
  const answer = await fetch(page.dataset.checkUrl, {
    credentials: "include",
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!answer.ok) throw new Error(`the check answered ${answer.status}`);
  return (await answer.json()).sticks === true;
}

/* The LMS's page keeps the secret that the cookie would have been. */
async function goByPlatformStorage() {
  const login = new URL(page.querySelector("[data-tab]").href).searchParams;
  const frame = await storageFrame(login.get("lti_storage_target"));
  login.set("cv_storage_frame", frame);
  const answer = await fetch(`${page.dataset.storageUrl}?${login}`, {
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!answer.ok) throw new Error(`the login answered ${answer.status}`);
  const bound = await answer.json();
  await put(frame, bound.origin, bound.key, bound.value);
  window.location.replace(bound.auth_url);
}

async function goOnWithoutCookie() {
  try {
    await goByPlatformStorage();
    return;
  } catch {
    show("blocked");
    offer("tab");
    page.querySelector("[data-tab]").classList.add("primary");
  }
}

async function decide() {
  page.querySelector("[data-ways]").hidden = true;
  page.querySelector("[data-script]").hidden = false;
  try {
    if (await cookieSticks()) {
      window.location.replace(page.dataset.authUrl);
      // Should the way out be slow, the link is there after all.
      setTimeout(() => offer("here", "tab"), PATIENCE);
      return;
    }
    await goOnWithoutCookie();
  } catch {
    show("unsure");
    offer("here", "tab");
  }
}

decide();
