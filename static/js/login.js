// The login page: go on where the cookie sticks, offer a tab of its own where it does not.

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
    show("blocked");
    offer("tab");
    page.querySelector("[data-tab]").classList.add("primary");
  } catch {
    show("unsure");
    offer("here", "tab");
  }
}

decide();
