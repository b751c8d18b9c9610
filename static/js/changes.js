// Open pages learn what is new by one small request; they announce it and never move what one reads.

const WHILE_VISIBLE = 15 * 1000;
const WHILE_HIDDEN = 60 * 1000;
const LONGEST_PAUSE = 5 * 60 * 1000;

const news = document.getElementById("news");
const address = new URL(news.dataset.changesUrl, window.location.href);
const title = document.title;
let cursor = Number(news.dataset.cursor) || 0;
let count = 0;
let kinds = {};
let failures = 0;
let timer = null;

function pause() {
  const usual = document.visibilityState === "visible" ? WHILE_VISIBLE : WHILE_HIDDEN;
  return Math.min(usual * 2 ** failures, LONGEST_PAUSE);
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(look, pause());
}

// Where the news lead: the same page afresh; of a thread, its first new reply.
function target() {
  const here = new URL(window.location.href);
  here.searchParams.delete("done");
  here.searchParams.delete("of");
  here.searchParams.delete("before");
  here.hash = news.dataset.post ? "#new" : "";
  return here.href;
}

function show() {
  const only = count === 1 ? Object.keys(kinds)[0] : null; // What it is, where there is one thing alone.
  const one = only ? JSON.parse(news.dataset.kinds)[only] : news.dataset.one;
  const sentence = count === 1 ? one : news.dataset.many.replace("{n}", count);
  let link = news.querySelector("a");
  if (!link) {
    link = document.createElement("a");
    link.className = "toast";
    link.addEventListener("click", (event) => {
      event.preventDefault();
      window.location.assign(link.href);
      // A change of the hash alone does not load the page again.
      if (link.hash) window.location.reload();
    });
    news.append(link);
  }
  link.href = target();
  link.textContent = sentence;
  document.title = `(${count}) ${title}`;
}

async function look() {
  address.searchParams.set("after", cursor);
  try {
    const answer = await fetch(address, { cache: "no-store", headers: { Accept: "application/json" } });
    if (answer.status === 401 || answer.status === 404) return; // Signed out: nothing more to learn here.
    if (answer.status !== 304) {
      if (!answer.ok) throw new Error(`changes answered ${answer.status}`);
      take(await answer.json());
    }
    failures = 0;
  } catch {
    failures += 1;
    document.dispatchEvent(new CustomEvent("cv:unreachable"));
  }
  plan();
}

function newOnThisPage(changes) {
  const { post, kind } = news.dataset;
  if (post) return Number(changes.posts.includes(Number(post)));
  if (kind) return changes.kinds[kind] ?? 0;
  for (const [one, number] of Object.entries(changes.kinds)) kinds[one] = (kinds[one] ?? 0) + number;
  return changes.new_posts + changes.new_comments;
}

function take(changes) {
  cursor = changes.cursor;
  const found = newOnThisPage(changes);
  count += found;
  if (found) show();
}

document.addEventListener("cv:connected", look);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") look();
});
plan();
