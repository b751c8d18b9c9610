// The trainer's page: select all, how many are selected, and figures in the preview of the column.

/* ---- Selection ---- */

const all = document.querySelector("[data-select-all]");
const picks = () => [...document.querySelectorAll("input[name=member][form=selected]:not(:disabled)")];

function showSelection() {
  const chosen = picks().filter((pick) => pick.checked).length;
  all.checked = chosen > 0 && chosen === picks().length;
  all.indeterminate = chosen > 0 && !all.checked;
  for (const button of document.querySelectorAll("[data-needs-selected]")) button.disabled = chosen === 0;
}

if (all) {
  all.hidden = false;
  all.addEventListener("change", () => {
    for (const pick of picks()) pick.checked = all.checked;
    showSelection();
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "member") showSelection();
  });
  document.addEventListener("htmx:afterSwap", showSelection);
  showSelection();
}

/* ---- What the LMS will show ---- */

const form = document.querySelector("[data-grading-form]");

function showPreview() {
  const maximum = Number(form.elements.maximum.value.trim().replace(",", "."));
  document.querySelector("[data-preview-name]").textContent = form.elements.name.value;
  if (!Number.isFinite(maximum) || maximum <= 0) return;
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
  for (const cell of document.querySelectorAll("[data-preview-share]")) {
    cell.textContent = `${number.format(maximum * Number(cell.dataset.previewShare))} / ${number.format(maximum)}`;
  }
}

if (form) {
  form.addEventListener("input", showPreview);
  showPreview();
}
