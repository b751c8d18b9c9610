// Reading and answering a thread: the form comes to the reply that is answered, quotations go into it, links are copied.

import { toast } from "./toast.js";

const words = document.getElementById("reaction-words")?.dataset ?? {};
const reply = document.querySelector("[data-reply-form]");
const area = reply?.querySelector("textarea");
const parent = reply?.querySelector("input[name=parent]");
const heading = reply?.querySelector("#reply-title");
// Where the form stands when everybody is answered.
const home = reply && document.createComment("reply");
reply?.before(home);

/* ---- The form stands below what is answered, with what was typed ---- */

// The replies to the same one stand in one block: that of the accepted reply in its own card.
function blockOf(article) {
  const within = article.closest(".replies");
  if (within) return within;
  const below = article.nextElementSibling;
  if (below?.matches(".replies")) return below;
  const made = document.createElement("div");
  made.className = "replies";
  article.after(made);
  return made;
}

function answer(article, name) {
  const left = reply.closest(".replies");
  blockOf(article).append(reply);
  if (left && !left.childElementCount) left.remove();
  parent.value = article.id.replace("comment-", "");
  heading.textContent = heading.dataset.to.replace("{name}", name);
  reply.querySelector("[data-reply-to-all]").hidden = false;
  area.focus();
}

function answerEverybody() {
  const left = reply.closest(".replies");
  home.after(reply);
  if (left && !left.childElementCount) left.remove();
  parent.value = "";
  heading.textContent = heading.dataset.usual;
  reply.querySelector("[data-reply-to-all]").hidden = true;
  area.focus();
}

function nameIn(article) {
  return article.querySelector(".byline b").textContent.trim();
}

/* ---- Quotations: what is marked in the reply, else all of it ---- */

const LONGEST = 600;

function quotationOf(article) {
  const prose = article.querySelector(".prose");
  const chosen = document.getSelection();
  const isInside = chosen && !chosen.isCollapsed && prose.contains(chosen.anchorNode) && prose.contains(chosen.focusNode);
  const own = prose.cloneNode(true);
  for (const quoted of own.querySelectorAll("blockquote")) quoted.remove();
  let text = (isInside ? chosen.toString() : textOf(own)).trim().replace(/\n{3,}/g, "\n\n");
  if (text.length > LONGEST) text = `${text.slice(0, LONGEST).replace(/\s+\S*$/, "")} …`;
  return text && `${text.split("\n").map((line) => `> ${line}`.trimEnd()).join("\n")}\n\n`;
}

// A copy that is not in the page has no layout, and so no line breaks of its own.
function textOf(prose) {
  const blocks = [...prose.children].map((block) => block.textContent.trim());
  return blocks.length ? blocks.filter(Boolean).join("\n\n") : prose.textContent;
}

function quote(article) {
  const text = quotationOf(article);
  if (!area.value.trim()) answer(article, nameIn(article));
  area.focus();
  if (text) area.dispatchEvent(new CustomEvent("cv:insert", { detail: { text } }));
}

/* ---- Links ---- */

async function copyLink(link) {
  const address = new URL(link.href);
  address.searchParams.delete("seat"); // of this browser alone
  try {
    await navigator.clipboard.writeText(address.href);
  } catch {
    window.location.assign(link.href); // A frame may be refused the clipboard: the address is shown instead.
    return;
  }
  const menu = link.closest("details");
  menu.open = false;
  menu.querySelector("summary").focus();
  toast(words.copied);
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // opened elsewhere, on purpose
  const link = event.target.closest?.("a[data-reply], a[data-quote], a[data-reply-to-all], a[data-copy-link]");
  if (!link || (!reply && !link.hasAttribute("data-copy-link"))) return;
  event.preventDefault();
  const article = link.closest("article");
  if (link.hasAttribute("data-copy-link")) copyLink(link);
  else if (link.hasAttribute("data-reply-to-all")) answerEverybody();
  else if (link.hasAttribute("data-quote")) quote(article);
  else {
    answer(article, nameIn(article));
    // Below one and the same reply it has to be said whom one answers.
    const { mention } = link.dataset;
    if (mention && !area.value.trim()) area.dispatchEvent(new CustomEvent("cv:insert", { detail: { text: mention } }));
  }
});
