// <sl-gallery>: a timeline by month, of which only what is near the window is there.
import { arranged, between, HEADER, named, visible } from "./layout.js";
import { Blocks, BLOCK, fetched } from "./loading.js";
import { Scrubber } from "./scrubber.js";
import { Selection } from "./selection.js";

const AHEAD = 700;

class Gallery extends HTMLElement {
  connectedCallback() {
    this.base = this.dataset.base;
    this.filters = JSON.parse(this.dataset.filters || "{}");
    this.tiles = new Map();
    this.heads = new Map();
    this.stop = new AbortController();
    this.blocks = new Blocks(
      (section, at, limit, thumbnails) => this.#images(section, at, limit, thumbnails),
      (section, first, limit, items) => this.#arrived(section, first, limit, items),
      (error) => this.#failed(error),
    );
    this.selection = new Selection(this, () => this.ordered(), this.stop.signal);
    const options = { signal: this.stop.signal, passive: true };
    addEventListener("scroll", () => this.#later(), options);
    new ResizeObserver(() => this.#arrange()).observe(this);
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("keydown", (event) => this.#moved(event));
    addEventListener("sl-changed", () => this.#again(), options);
    if (this.dataset.months) this.#sectioned(JSON.parse(this.dataset.months));
    else this.load();
  }

  disconnectedCallback() {
    this.stop.abort();
    this.scrubber?.bar.remove();
  }

  /** Be there again, or from the beginning, with the window at this height. */
  show(scroll) {
    this.hidden = false;
    this.scroll = scroll;
    if (this.layout) this.#arrange();
    this.#scrolled();
  }

  /** Another view is shown; photos that were loaded are kept. */
  hide() {
    if (!this.hidden) this.selection.clear();
    this.hidden = true;
  }

  #scrolled() {
    if (!this.layout || this.hidden || this.scroll === null) return;
    scrollTo(0, this.scroll);
    this.scroll = null;
  }

  /** The months with their counts, and what is in view of them. */
  async load() {
    try {
      const where = new URLSearchParams({ fields: "month", limit: 1000, filters: JSON.stringify(this.filters) });
      this.#sectioned(await fetched(`${this.base}/facets?${where}`));
    } catch (error) {
      this.#failed(error);
      setTimeout(() => this.isConnected && this.load(), 2000);
    }
  }

  /** The collection is another one than it was. */
  #again() {
    this.selection.clear();
    this.blocks.forget();
    this.load();
  }

  #sectioned({ facets, total }) {
    const months = facets.month.map(({ value, count }) => ({ month: value, count }));
    months.sort((a, b) => (a.month < b.month ? 1 : -1));
    const dated = months.reduce((sum, each) => sum + each.count, 0);
    if (total > dated) months.push({ month: "", count: total - dated });
    this.sections = months;
    const { first, count } = this.dataset;
    if (first && months.length) this.blocks.begin(months[0], first, Math.min(count, months[0].count));
    delete this.dataset.first;
    this.removeAttribute("aria-busy");
    this.replaceChildren();
    this.tiles.clear();
    this.heads.clear();
    if (!total) this.replaceChildren(this.parentElement.querySelector("template").content.cloneNode(true));
    this.#arrange();
    if (!this.scrubber && total > 500) this.scrubber = new Scrubber(this);
    this.#scrolled();
  }

  #images(section, at, limit, thumbnails) {
    const missing = [...(this.filters.missing ?? []), "month"];
    const filters = { ...this.filters, ...(section.month ? { month: section.month } : { missing }) };
    const query = { ...at, limit, thumbnails, filters: JSON.stringify(filters) };
    return `${this.base}/images?${new URLSearchParams(query)}`;
  }

  #arrange() {
    if (!this.sections || !this.clientWidth) return;
    this.layout = arranged(this.sections, this.clientWidth);
    this.style.height = `${this.layout.height}px`;
    for (const tile of this.tiles.values()) tile.remove();
    this.tiles.clear();
    this.scrubber?.arrange();
    this.#draw();
  }

  #later() {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      this.#draw();
    });
  }

  #draw() {
    if (!this.layout || this.hidden) return;
    const top = -this.getBoundingClientRect().top;
    const [from, to] = [top - AHEAD, top + innerHeight + AHEAD];
    this.#headers(visible(this.layout, from, to));
    const kept = new Set();
    const blocks = new Map();
    for (const place of between(this.layout, from, to)) {
      const section = this.layout.sections[place.number];
      const key = `${section.month}:${place.index}`;
      kept.add(key);
      this.#tile(key, section, place);
      const number = Math.floor(place.index / BLOCK);
      const block = `${section.month}:${number}`;
      if (!blocks.has(block)) blocks.set(block, { section, number, isSeen: false });
      blocks.get(block).isSeen ||= place.y + this.layout.cell > top && place.y < top + innerHeight;
    }
    for (const [key, tile] of this.tiles) if (!kept.has(key)) (tile.remove(), this.tiles.delete(key));
    this.blocks.want([...blocks.values()].sort((a, b) => b.isSeen - a.isSeen));
    this.scrubber?.at(top);
  }

  #headers(sections) {
    const kept = new Set(sections.map((each) => each.month));
    for (const [month, head] of this.heads) if (!kept.has(month)) (head.remove(), this.heads.delete(month));
    for (const section of sections) {
      let head = this.heads.get(section.month);
      if (!head) {
        head = document.createElement("div");
        head.className = "sl-month";
        head.append(document.createElement("h2"));
        head.append(Object.assign(document.createElement("span"), { textContent: section.count.toLocaleString() }));
        this.heads.set(section.month, head);
        this.append(head);
      }
      head.firstChild.textContent = named(section.month, section.wide);
      head.style.cssText = `transform:translate(${section.left}px,${section.top}px);height:${HEADER}px;max-width:${Math.max(section.wide, 84)}px`;
    }
  }

  #tile(key, section, { index, x, y }) {
    let tile = this.tiles.get(key);
    if (!tile) {
      tile = document.createElement("a");
      tile.className = "sl-tile";
      tile.style.cssText = `width:${this.layout.cell}px;height:${this.layout.cell}px;transform:translate(${x}px,${y}px)`;
      this.tiles.set(key, tile);
      this.append(tile);
    }
    if (!tile.dataset.id) this.#fill(tile, this.blocks.at(section, index));
  }

  #fill(tile, photo) {
    if (!photo) return;
    const { filename, caption, thumbnail_base64: thumbnail } = photo.payload;
    tile.dataset.id = photo.id;
    tile.href = `${this.dataset.photo}${photo.id}`;
    tile.title = filename;
    tile.setAttribute("aria-label", caption ? `${filename}: ${caption}` : filename);
    if (thumbnail) {
      const image = new Image();
      image.alt = "";
      image.src = `data:image/jpeg;base64,${thumbnail}`;
      tile.append(image);
    }
    this.selection.mark(tile);
  }

  #arrived(section, first, limit, items) {
    const known = this.sections.find((each) => each.month === section.month);
    const end = Math.min(first + limit, known.count);
    if (first + items.length < end) {
      known.count = first + items.length;
      return this.#arrange();
    }
    for (let index = first; index < end; index++) {
      const tile = this.tiles.get(`${section.month}:${index}`);
      if (tile && !tile.dataset.id) this.#fill(tile, items[index - first]);
    }
  }

  #failed(error) {
    this.dispatchEvent(new CustomEvent("failed", { detail: error.message }));
    clearTimeout(this.again);
    this.again = setTimeout(() => this.#draw(), 2000);
  }

  #clicked(event) {
    const tile = event.target.closest(".sl-tile");
    if (!tile?.dataset.id || this.selection.clicked(event, tile)) return;
    const ids = this.ordered().flatMap((each) => each.dataset.id ?? []);
    sessionStorage.setItem("sl-order", JSON.stringify(ids));
  }

  /** The tiles that are there, in the order in which one reads them. */
  ordered() {
    return [...this.tiles.values()].sort((a, b) => rank(a) - rank(b));
  }

  #moved(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.layout?.columns, ArrowUp: -this.layout?.columns }[event.key];
    const tile = event.target.closest?.(".sl-tile");
    if (!step || !tile) return;
    const all = this.ordered();
    all[all.indexOf(tile) + step]?.focus();
    event.preventDefault();
  }
}

function rank(tile) {
  const { m41: x, m42: y } = new DOMMatrix(tile.style.transform);
  return y * 10_000 + x;
}

customElements.define("sl-gallery", Gallery);
