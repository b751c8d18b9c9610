// One learner's page: the arrow keys lead to the learner before and after, as the links beside the name do.

const links = {
  ArrowLeft: document.querySelector("[data-previous]"),
  ArrowRight: document.querySelector("[data-next]"),
};

const hint = document.querySelector("[data-keys]");
if (hint) hint.hidden = false;

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // In a field or among choices, and in what scrolls sideways, the arrows have their own work.
  if (event.target.closest("input, textarea, select, [role=region], pre, .nav")) return;
  if (links[event.key]) links[event.key].click();
});
