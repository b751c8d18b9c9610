// A thread that was looked at for two seconds is read, as far as this page showed it; never before.

const LOOKED_AT = 2000;
const page = document.querySelector("[data-read-url]");
const token = document.querySelector("meta[name=seat-token]").content;
let timer = null;

function tell() {
  const until = new URLSearchParams({ until: page.dataset.readUntil });
  fetch(page.dataset.readUrl, { method: "POST", body: until, headers: { "X-Seat-Token": token }, keepalive: true }).then(
    () => document.dispatchEvent(new CustomEvent("cv:read")),
    () => {
      // Not told: it stays new, and the next look tells it.
    },
  );
  document.removeEventListener("visibilitychange", look);
}

function look() {
  clearTimeout(timer);
  if (document.visibilityState === "visible") timer = setTimeout(tell, LOOKED_AT);
}

// The news of an open page leads here, wherever what is new stands.
if (window.location.hash === "#new") document.querySelector("[data-first-new]")?.click();

if (page) {
  document.addEventListener("visibilitychange", look);
  look();
}
