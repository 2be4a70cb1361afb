// A picture to search by: chosen with the button, or dropped onto the page.

const SIDE = 512;

/** Calls `given` with each picture that is chosen in the form or dropped. */
export function asked(form, given, { signal }) {
  const input = form.querySelector("input[type=file]");
  form.querySelector(".sl-by-picture").addEventListener("click", () => input.click(), { signal });
  input.addEventListener("change", () => (given(input.files[0]), (input.value = "")), { signal });
  const isOver = (is) => document.body.classList.toggle("sl-drop-here", is);
  addEventListener("dragover", (event) => hasFile(event) && (event.preventDefault(), isOver(true)), { signal });
  addEventListener("dragleave", (event) => event.relatedTarget || isOver(false), { signal });
  addEventListener("drop", (event) => {
    isOver(false);
    if (!hasFile(event)) return;
    event.preventDefault();
    given(event.dataTransfer.files[0]);
  }, { signal });
}

function hasFile(event) {
  return event.dataTransfer?.types.includes("Files");
}

/** What models look at of a picture: sent at once, and kept with its view. The file itself where this browser cannot read it. */
export async function shrunk(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { name: file.name, bytes: await file.arrayBuffer() };
  }
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const drawing = canvas.getContext("2d");
  drawing.fillStyle = "#fff";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((made) => canvas.toBlob(made, "image/jpeg", 0.92));
  return { name: file.name, bytes: await blob.arrayBuffer() };
}
