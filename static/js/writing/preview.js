// What the text will look like: beside it where there is room, below it elsewhere; it follows what is typed.

const PAUSE = 400;

// One text, or those of a report by their names.
const written = (areas) => new URLSearchParams(areas.length === 1 ? { body: areas[0].value } : areas.map((area) => [area.name, area.value]));

async function rendered(address, body) {
  const token = document.querySelector("meta[name=seat-token]").content;
  const answer = await fetch(address, { method: "POST", body, headers: { "X-Seat-Token": token } });
  if (!answer.ok) throw new Error(`the preview was answered with ${answer.status}`);
  return answer.text();
}

export function setUpPreview(areas, writer) {
  const button = writer.querySelector("[data-preview-toggle]");
  const box = writer.querySelector("[data-preview]");
  const sheet = box.querySelector("[data-sheet]");
  let timer = null;
  let asked = 0;
  const refresh = async () => {
    const mine = (asked += 1);
    try {
      const html = await rendered(box.dataset.preview, written(areas));
      if (mine !== asked) return; // An answer to older words comes too late.
      const at = box.scrollTop;
      sheet.innerHTML = html; // Made safe by the server, as every text that it shows.
      box.scrollTop = at;
    } catch {
      if (mine === asked && !sheet.childElementCount) sheet.textContent = box.dataset.failed;
    }
  };
  button.addEventListener("click", async () => {
    box.hidden = !box.hidden;
    button.setAttribute("aria-pressed", String(!box.hidden));
    writer.classList.toggle("previewed", !box.hidden);
    if (box.hidden) return;
    await refresh();
    box.scrollIntoView({ block: "nearest" }); // On a small screen it is far below the first parts of a report.
  });
  for (const area of areas) {
    area.addEventListener("input", () => {
      clearTimeout(timer);
      if (!box.hidden) timer = setTimeout(refresh, PAUSE);
    });
  }
}
