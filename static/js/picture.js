// A picture is made small, and shown, before it is sent: a camera's has more bytes than a slow line, or the
// server, takes.
// The server makes its own of whatever arrives; without script the file goes as it is.

const SIDE = 512;

async function small(file) {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  const side = Math.min(image.width, image.height);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.min(SIDE, side);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function fileOf(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  return new File([blob], "picture.jpg", { type: blob.type });
}

function show(form, canvas) {
  const now = form.parentElement.querySelector(".picture-now");
  now.querySelector(".avatar").replaceChildren(canvas);
  now.querySelector("p").textContent = form.dataset.picture;
}

for (const form of document.querySelectorAll("[data-picture]")) {
  const input = form.querySelector("input[type=file]");
  input.addEventListener("change", async () => {
    const chosen = input.files[0];
    if (!chosen) return;
    try {
      const canvas = await small(chosen);
      const files = new DataTransfer();
      files.items.add(await fileOf(canvas));
      if (input.files[0] !== chosen) return; // another one was chosen meanwhile
      input.files = files.files;
      show(form, canvas);
    } catch {
      // No image that this browser reads: the server says so.
    }
  });
}
