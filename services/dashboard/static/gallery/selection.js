// Photos that are chosen in a timeline or among what was found: by their corner, by Shift for all between, by x on the keyboard, or by a long touch.
import { offered } from "../chosen.js";

export class Selection {
  /** `place` has the tiles, each with its `data-id`; `ordered()` gives them as one reads them. */
  constructor(place, ordered, signal) {
    this.place = place;
    this.ordered = ordered;
    this.ids = new Set();
    addEventListener("keydown", (event) => this.#key(event), { signal });
    place.addEventListener("contextmenu", (event) => this.#held(event), { signal });
  }

  /** Show on a tile whether it is chosen. */
  mark(tile) {
    if (!tile.querySelector(".sl-check")) {
      tile.append(Object.assign(document.createElement("i"), { className: "sl-check material-icons" }));
    }
    tile.classList.toggle("chosen", this.ids.has(tile.dataset.id));
  }

  /** Whether a click was about choosing. */
  clicked(event, tile) {
    if (!this.ids.size && !event.target.closest(".sl-check") && !event.shiftKey) return false;
    event.preventDefault();
    if (event.shiftKey && this.last) this.#between(this.last, tile.dataset.id);
    else this.#toggle(tile.dataset.id);
    this.last = tile.dataset.id;
    this.show();
    return true;
  }

  #held(event) {
    const tile = event.target.closest("[data-id]");
    if (event.pointerType !== "touch" || !tile) return;
    event.preventDefault();
    this.#toggle(tile.dataset.id);
    this.last = tile.dataset.id;
    this.show();
  }

  #toggle(id) {
    if (!this.ids.delete(id)) this.ids.add(id);
  }

  #between(one, other) {
    const all = this.ordered().map((tile) => tile.dataset.id);
    const [from, to] = [all.indexOf(one), all.indexOf(other)].sort((a, b) => a - b);
    for (const id of all.slice(Math.max(0, from), to + 1)) if (id) this.ids.add(id);
  }

  #key(event) {
    const tile = document.activeElement?.closest?.("[data-id]");
    if (event.key === "Escape" && this.ids.size) this.clear();
    else if (event.key === "x" && tile && this.place.contains(tile)) {
      this.#toggle(tile.dataset.id);
      this.show();
    }
  }

  clear() {
    this.ids.clear();
    this.show();
  }

  /** Mark all tiles, and offer what can be done with the chosen ones. */
  show() {
    for (const tile of this.place.querySelectorAll("[data-id]")) this.mark(tile);
    this.place.classList.toggle("choosing", this.ids.size > 0);
    offered([...this.ids], () => this.clear());
  }
}
