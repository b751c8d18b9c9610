// The form of a new contribution follows the kind that is chosen, and no word that was typed is lost.

const PARTS = "textarea[data-part]";

function show(form, kind) {
  for (const one of document.querySelectorAll("[data-for]")) {
    const belongs = one.dataset.for.split(" ").includes(kind);
    one.hidden = !belongs;
    if (one.matches("fieldset")) one.disabled = !belongs; // What is hidden is neither sent nor required.
  }
  carryOver(form, kind);
}

// A report has its text in parts; the other kinds have it in one. Whoever changes their mind finds it again.
function carryOver(form, kind) {
  const body = form.querySelector("textarea[name=body]");
  const parts = [...form.querySelectorAll(PARTS)];
  if (!body || !parts.length) return;
  const told = parts.map((part) => part.value.trim()).filter(Boolean);
  if (kind === "experience" && body.value.trim() && !told.length) write(parts[0], body.value);
  if (kind !== "experience" && told.length && !body.value.trim()) write(body, told.join("\n\n"));
}

function write(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const form of document.querySelectorAll("form")) {
  const follow = () => {
    const chosen = form.querySelector("input[name=kind]:checked");
    if (chosen) show(form, chosen.value);
  };
  // Whoever fills the form anew (a draft) tells every field of the group that it changed.
  for (const one of form.querySelectorAll("input[name=kind]")) one.addEventListener("change", follow);
  follow(); // a page that comes back from the history may have another kind chosen than it was made with
}
