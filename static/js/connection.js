// A lost connection is said calmly, tried again with growing pauses, and forgotten once it is back.

const bar = document.getElementById("connection");
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 60 * 1000;
let lost = false;
let tries = 0;
let timer = null;
let waiting = null; // The form that could not be sent.

async function reaches() {
  try {
    // A small file of ours: to look costs no database anything, and no seat is needed.
    const answer = await fetch(bar.dataset.probe, { method: "HEAD", cache: "no-store" });
    return answer.status < 500;
  } catch {
    return false;
  }
}

function say(words) {
  if (bar.textContent !== words) bar.textContent = words;
  bar.hidden = !words;
}

function lose() {
  if (!lost) {
    lost = true;
    tries = 0;
    say(waiting ? bar.dataset.unsent : bar.dataset.lost);
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(look, Math.min(FIRST_PAUSE * 2 ** tries, LONGEST_PAUSE));
  tries += 1;
}

async function look() {
  if (await reaches()) find();
  else lose();
}

function find() {
  if (!lost) return;
  lost = false;
  clearTimeout(timer);
  say(waiting ? bar.dataset.backUnsent : bar.dataset.back);
  document.dispatchEvent(new CustomEvent("cv:connected"));
  waiting = null;
  setTimeout(() => { if (!lost) say(""); }, 6000);
}

window.addEventListener("offline", lose);
window.addEventListener("online", look);
document.addEventListener("cv:unreachable", look);

// What is known not to arrive is not sent: the browser would put its own page in the place of what was typed.
// (Before everything else that listens, so that a form that goes out once may go out later.)
document.addEventListener("submit", (event) => {
  if (!lost && navigator.onLine) return;
  // Forms of which a draft is kept say it themselves, and are sent by themselves afterwards (drafts.js).
  if (!navigator.onLine && event.target.querySelector("[data-draft-trouble]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  waiting = event.target;
  if (lost) say(bar.dataset.unsent);
  else lose();
}, { capture: true });
