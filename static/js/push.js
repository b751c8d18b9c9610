// News in this browser, on the page where its member chooses: on, off, and why it cannot be.

import { able, digest, subscribe, subscription } from "./push-browser.js";

const place = document.querySelector("[data-push]");
const list = place.querySelector("[data-push-list]");
const button = place.querySelector("[data-push-on]");

// Edge, Opera and Chrome say that they are Chrome, and all of them Safari: the first that is there is meant.
const SIGNS = [
  ["firefox", /firefox/i],
  ["edge", /edg/i],
  ["opera", /opr/i],
  ["chrome", /chrom/i],
  ["safari", /safari/i],
];
const browser = () => SIGNS.find(([, sign]) => sign.test(navigator.userAgent))?.[0] ?? "other";

function show(state) {
  for (const part of place.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
}

async function isListed(found) {
  return list.querySelector(`[data-device="${await digest(found.endpoint)}"]`) !== null;
}

async function state() {
  if (place.dataset.inFrame || window.top !== window) return "framed";
  if (!able()) return "unable";
  if (Notification.permission === "denied") return "denied";
  const found = await subscription();
  return found && (await isListed(found)) ? "on" : "off";
}

async function send(address, fields = {}) {
  const body = new FormData();
  for (const [name, value] of Object.entries({ seat_token: place.dataset.token, ...fields })) body.append(name, value);
  const answer = await fetch(address, { method: "POST", body });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer;
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") return state();
  const { key } = await (await send(place.dataset.key)).json();
  const { endpoint, keys } = (await subscribe(place.dataset.worker, key)).toJSON();
  const fields = { endpoint, public: keys.p256dh, secret: keys.auth, browser: browser() };
  const html = await (await send(place.dataset.devices, fields)).text();
  list.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  return state();
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    show(await switchOn());
  } catch {
    show("failed");
  }
  button.disabled = false;
});

// Switched off here, this browser gives up its subscription, too.
list.addEventListener("submit", async (event) => {
  const found = able() && (await subscription());
  const listed = event.target.closest("[data-device]")?.dataset.device;
  if (found && listed === (await digest(found.endpoint))) found.unsubscribe().catch(() => {});
});

show(await state());
