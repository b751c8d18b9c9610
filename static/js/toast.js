// What a script has done is said as after a redirect: in the same place, with the same way to take it back.

const PLACE = "announce";

// Show a sentence; `undo` is {label, act}: its button leaves with the toast and calls `act`.
export function toast(text, undo = null) {
  const place = document.getElementById(PLACE);
  if (!place) return;
  const shown = document.createElement("div");
  shown.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  shown.append(words);
  if (undo) shown.append(undoButton(undo, shown));
  place.replaceChildren(shown);
}

function undoButton({ label, act }, shown) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet sm";
  button.textContent = label;
  button.addEventListener("click", () => {
    shown.remove();
    act();
  });
  return button;
}
