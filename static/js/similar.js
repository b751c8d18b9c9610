// While the title of a question is typed: others like it, below the field.
//
// What appears is below what one types and never takes the focus. A screen reader says it when there is a pause
// (role="status"); what is the same as before is left as it is, so that nothing is said twice.

const PAUSE = 600; // milliseconds without a key
const ENOUGH = 8; // letters

for (const place of document.querySelectorAll("[data-similar]")) {
  const form = place.closest("form");
  const title = form?.elements.namedItem("title");
  if (title) setUp(place, form, title);
}

function setUp(place, form, title) {
  let waiting = 0;
  let asking = new AbortController();

  let shown = "";
  const show = (html) => {
    if (html === shown) return;
    shown = html;
    place.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
    place.hidden = !html;
  };

  const isQuestion = () => (form.elements.namedItem("kind")?.value ?? "question") === "question";

  async function look() {
    asking.abort();
    const words = title.value.trim();
    if (words.length < ENOUGH || !isQuestion()) return show("");
    asking = new AbortController();
    const address = new URL(place.dataset.similar, location.href);
    address.searchParams.set("title", words);
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { "HX-Request": "true" } });
      if (answer.ok && !answer.redirected) show((await answer.text()).trim());
    } catch {
      // It is an offer: without a connection there is none, and what was offered stays.
    }
  }

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, PAUSE);
  };
  title.addEventListener("input", soon);
  form.addEventListener("change", (event) => event.target.name === "kind" && soon());
  if (title.value) soon();
}
