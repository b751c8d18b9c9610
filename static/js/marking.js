// Choosing contributions: one box for all that is shown, which follows the others. Without script it counts by itself.

const all = document.querySelector("[data-pick-all]");
const picks = () => [...document.querySelectorAll("input[name=pick]")];

if (all) {
  all.addEventListener("change", () => {
    for (const pick of picks()) pick.checked = all.checked;
  });
  document.addEventListener("change", (event) => {
    if (event.target.name !== "pick") return;
    const chosen = picks().filter((pick) => pick.checked).length;
    all.checked = chosen > 0 && chosen === picks().length;
    all.indeterminate = chosen > 0 && !all.checked;
  });
}
