// Tags that others use, offered while one types: those that begin or go on like the word before the caret.

function words(input) {
  return input.value.split(",").map((word) => word.trim()).filter(Boolean);
}

// As the server compares them, near enough for an offer.
function folded(word) {
  return word.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/^#/, "").trim();
}

const SHOWN = 8;

for (const field of document.querySelectorAll("[data-tags]")) {
  const input = field.querySelector("input");
  const suggested = field.querySelector("[data-suggested]");
  if (!suggested) continue;
  const offers = [...suggested.querySelectorAll("[data-tag]")];

  const narrow = () => {
    const chosen = words(input).map(folded);
    const begun = folded(input.value.slice(input.value.lastIndexOf(",") + 1));
    const fits = (offer) => {
      const tag = folded(offer.dataset.tag);
      return !chosen.includes(tag) && (!begun || tag.includes(begun));
    };
    let room = SHOWN;
    for (const offer of offers) offer.hidden = !(fits(offer) && room-- > 0);
    suggested.hidden = offers.every((offer) => offer.hidden);
  };

  suggested.addEventListener("click", (event) => {
    const offer = event.target.closest("[data-tag]");
    if (!offer) return;
    const kept = input.value.slice(0, input.value.lastIndexOf(",") + 1).trim();
    input.value = `${kept ? `${kept} ` : ""}${offer.dataset.tag}, `;
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  input.addEventListener("input", narrow);
  narrow();
}
