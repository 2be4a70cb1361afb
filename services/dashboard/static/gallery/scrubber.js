// The years at the edge of a timeline: where one is, and a way to anywhere.
import { named } from "./layout.js";

export class Scrubber {
  constructor(gallery) {
    this.gallery = gallery;
    this.bar = document.createElement("div");
    this.bar.className = "sl-scrubber";
    this.bar.setAttribute("role", "slider");
    this.bar.setAttribute("aria-label", "Place in the timeline");
    this.bar.setAttribute("aria-orientation", "vertical");
    this.bar.tabIndex = 0;
    this.mark = Object.assign(document.createElement("b"), { className: "sl-here" });
    this.bar.addEventListener("pointerdown", (event) => this.#grabbed(event));
    this.bar.addEventListener("pointermove", (event) => event.buttons && this.#to(event));
    this.bar.addEventListener("keydown", (event) => this.#key(event));
    gallery.after(this.bar);
    this.arrange();
  }

  /** The years, where they lie now. */
  arrange() {
    const { sections, height } = this.gallery.layout;
    this.bar.replaceChildren(this.mark);
    let year = null;
    let last = -Infinity;
    for (const { month, top } of sections) {
      if (month.slice(0, 4) === year) continue;
      year = month.slice(0, 4);
      if ((top / height - last) * this.bar.clientHeight < 18) continue;
      last = top / height;
      const label = Object.assign(document.createElement("span"), { textContent: year || "?" });
      label.style.top = `${(100 * top) / height}%`;
      this.bar.append(label);
    }
  }

  /** The window is at this height. */
  at(top) {
    const { sections, height } = this.gallery.layout;
    const share = Math.max(0, Math.min(1, top / Math.max(1, height - innerHeight)));
    const here = sections.findLast((each) => each.top <= Math.max(0, top) + 80) ?? sections[0];
    this.mark.style.top = `${100 * share}%`;
    this.mark.textContent = here ? named(here.month) : "";
    this.bar.setAttribute("aria-valuenow", Math.round(100 * share));
    this.bar.setAttribute("aria-valuetext", this.mark.textContent);
  }

  #grabbed(event) {
    this.bar.setPointerCapture(event.pointerId);
    this.#to(event);
    event.preventDefault();
  }

  #to(event) {
    const box = this.bar.getBoundingClientRect();
    this.#go(Math.max(0, Math.min(1, (event.clientY - box.top) / box.height)));
  }

  #go(share) {
    const start = this.gallery.getBoundingClientRect().top + scrollY;
    scrollTo(0, start + share * (this.gallery.layout.height - innerHeight));
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[event.key];
    if (!step) return;
    const { sections } = this.gallery.layout;
    const top = -this.gallery.getBoundingClientRect().top;
    const now = sections.findLastIndex((each) => each.top <= Math.max(0, top) + 80);
    const next = sections[Math.max(0, Math.min(sections.length - 1, now + step))];
    const isSameRow = step < 0 && next.top === sections[now].top;
    const to = isSameRow ? (sections.findLast((each) => each.top < next.top) ?? next) : next;
    scrollBy(0, to.top - top);
    event.preventDefault();
  }
}
