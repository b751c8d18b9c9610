// How many of the writer's own words there are: what is quoted, linked or mentioned is left out.
// The server's rule is the one that holds; this one is for orientation while typing.

const WORD = /[\p{L}\p{N}]+(?:['’\-‐‑][\p{L}\p{N}]+)*/gu;

export function ownWords(text) {
  const own = text
    .replace(/^\s*>.*$/gm, " ")
    .replace(/@\[[^\[\]\n]*\]/g, " ")
    .replace(/!?\[[^\]]*\]\([^)]*\)/g, " ")
    .replace(/\b(?:https?:\/\/|www\.)\S+/gi, " ")
    .replace(/[\w.+-]*@[\w.-]+/g, " ");
  return (own.normalize("NFC").match(WORD) ?? []).length;
}

export function setUpCount(areas, writer, form) {
  const words = writer.querySelector("[data-words]");
  const minimum = () => Number(form.querySelector("input[name=kind]:checked")?.dataset.minimum || writer.dataset.minimum) || 0;
  const count = () => {
    const written = ownWords(areas.map((area) => area.value).join("\n\n"));
    if (minimum()) words.textContent = words.dataset.of.replace("{n}", written).replace("{minimum}", minimum());
    else words.textContent = written === 1 ? words.dataset.one : words.dataset.many.replace("{n}", written);
  };
  for (const area of areas) area.addEventListener("input", count);
  form.addEventListener("change", count);
  count();
}
