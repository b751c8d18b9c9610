// The number beside the bell follows what its reader is told. It never asks for attention by itself.

const WHILE_VISIBLE = 60 * 1000;
const LONGEST_PAUSE = 10 * 60 * 1000;
const MOST_COUNTED = 99;

const bell = document.querySelector("[data-bell]");
let failures = 0;
let timer = null;

function show(count) {
  bell.dataset.known = count;
  bell.querySelector("[data-number]").textContent = count > MOST_COUNTED ? `${MOST_COUNTED}+` : count;
  bell.querySelector("[data-count]").hidden = count === 0;
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(look, Math.min(WHILE_VISIBLE * 2 ** failures, LONGEST_PAUSE));
}

async function look() {
  if (document.visibilityState === "hidden") return; // asked again when somebody looks
  const address = new URL(bell.dataset.bell, window.location.href);
  address.searchParams.set("known", bell.dataset.known);
  try {
    const answer = await fetch(address, { cache: "no-store", headers: { Accept: "application/json" } });
    if (answer.status === 401 || answer.status === 403 || answer.status === 404) return; // nothing more to learn here
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(`the bell was answered ${answer.status}`);
      show((await answer.json()).count);
    }
    failures = 0;
  } catch {
    failures += 1;
  }
  plan();
}

if (bell) {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  document.addEventListener("cv:connected", look);
  document.addEventListener("cv:read", look); // what was read just now is told no longer
  plan();
}
