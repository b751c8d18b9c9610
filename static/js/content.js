// Choosing what to place in a course: a prompt that is written here is also chosen, and one that is chosen is shown.

for (const choice of document.querySelectorAll("#what input[name=what][value=new]")) {
  const details = choice.closest(".card").querySelector("details");
  choice.addEventListener("change", () => { if (choice.checked) details.open = true; });
  // A deadline or a column alone say nothing yet; words that were typed would be lost without a choice.
  details.addEventListener("input", (event) => {
    if (event.target.matches("#title-new, #body-new") && event.target.value.trim()) choice.checked = true;
  });
}
