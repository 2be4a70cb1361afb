// The bar about chosen photos, wherever they were chosen; the page does what is asked for.

const ACTIONS = [["collection", "Make a collection"], ["archive", "Archive"]];
let bar = null;

/** Offer what can be done with these photos; hides where there are none. `clear` gives them up. */
export function offered(ids, clear) {
  bar ??= made();
  bar.hidden = ids.length === 0;
  bar.firstChild.textContent = `${ids.length.toLocaleString()} chosen`;
  bar.ids = ids;
  bar.clear = clear;
}

function made() {
  const made = document.createElement("div");
  made.className = "sl-chosen";
  made.setAttribute("role", "toolbar");
  made.setAttribute("aria-label", "Chosen photos");
  made.append(document.createElement("span"));
  for (const [action, text] of ACTIONS) made.append(button(text, () => emitEvent("chosen", { action, ids: made.ids })));
  made.append(button("Clear", () => made.clear()));
  document.body.append(made);
  return made;
}

function button(text, action) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", action);
  return made;
}
