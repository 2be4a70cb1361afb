// What a search found: photos that can be chosen, and more of them as one reads on.
import { Selection } from "./selection.js";

export class Found {
  /** `more(cursor)` gives the HTML of the next page. */
  constructor(more, { signal }) {
    this.more = more;
    this.pages = 0;
    this.place = Object.assign(document.createElement("section"), { className: "sl-found sl-stack", hidden: true });
    this.place.setAttribute("aria-live", "polite");
    this.place.addEventListener("click", (event) => this.#clicked(event));
    this.selection = new Selection(this.place, () => this.#tiles(), signal);
    this.watch = new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && this.#next(), { rootMargin: "800px" });
  }

  /** The first page, and those after it that were there when it was left. */
  async show(html, pages) {
    this.clear();
    this.place.hidden = false;
    this.place.innerHTML = html;
    this.pages = 1;
    this.#arrived();
    while (this.pages < pages && (await this.#next()));
  }

  /** A sentence in place of photos. */
  failed(sentence) {
    this.clear();
    this.place.hidden = false;
    this.place.append(Object.assign(document.createElement("div"), { className: "sl-notice bad", textContent: sentence }));
  }

  clear() {
    this.watch.disconnect();
    this.pages = 0;
    if (this.place.hidden) return;
    this.selection.clear();
    this.place.hidden = true;
    this.place.replaceChildren();
  }

  #tiles() {
    return [...this.place.querySelectorAll("[data-id]")];
  }

  #arrived() {
    this.selection.show();
    const button = this.place.querySelector(".sl-more");
    if (button && !("guessed" in button.dataset)) this.watch.observe(button);
  }

  async #next() {
    const button = this.place.querySelector(".sl-more");
    if (!button || button.disabled) return false;
    button.disabled = true;
    try {
      const page = document.createElement("template");
      page.innerHTML = await this.more(button.dataset.cursor);
      if (!button.isConnected) return false;
      this.watch.disconnect();
      button.remove();
      for (const part of [...page.content.children]) this.#add(part);
      this.pages += 1;
      this.#arrived();
      return true;
    } catch (error) {
      button.disabled = false;
      button.textContent = `${error.message}: try again`;
      return false;
    }
  }

  #add(part) {
    const there = [...this.place.querySelectorAll(".sl-part")].find((each) => each.dataset.part === part.dataset.part);
    if (there && part.matches(".sl-part")) there.lastElementChild.append(...part.lastElementChild.children);
    else this.place.append(part);
  }

  #clicked(event) {
    if (event.target.closest(".sl-more")) return this.#next();
    const tile = event.target.closest("[data-id]");
    if (!tile || this.selection.clicked(event, tile)) return;
    sessionStorage.setItem("sl-order", JSON.stringify(this.#tiles().map((each) => each.dataset.id)));
  }
}
