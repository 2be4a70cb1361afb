// <sl-map>: photos of a collection in a plane in which neighbours look alike; wheel and drag move, Shift draws a lasso.
import { offered } from "../chosen.js";
import { drawn } from "./drawing.js";
import { fitting, inside } from "./geometry.js";
import { listed } from "./clusters.js";

const PENDING = 503;

class PhotoMap extends HTMLElement {
  async connectedCallback() {
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "Map of the collection: arrows move, plus and minus zoom");
    this.card = Object.assign(document.createElement("figure"), { className: "sl-hover", hidden: true });
    this.lasso = null;
    this.chosen = new Set();
    this.found = await this.#loaded();
    if (!this.found || !this.isConnected) return;
    this.removeAttribute("aria-busy");
    if (!this.found.points.length) return emitEvent("map-empty");
    this.replaceChildren(this.canvas, this.card);
    this.after(listed(this));
    await this.#pictures();
    new ResizeObserver(() => this.#fit()).observe(this);
    this.#listen();
  }

  /** The map, asked for again while the gateway still computes it. */
  async #loaded() {
    for (;;) {
      const answer = await fetch(this.dataset.from, { method: "POST" });
      if (answer.ok) return answer.json();
      const sentence = await answer.text();
      if (answer.status !== PENDING) return void emitEvent("map-failed", sentence);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  #pictures() {
    return Promise.all(
      this.found.points.map(async (point) => {
        if (!point.thumbnail_base64) return;
        const octets = Uint8Array.from(atob(point.thumbnail_base64), (each) => each.charCodeAt(0));
        const blob = new Blob([octets], { type: "image/jpeg" });
        point.picture = await createImageBitmap(blob, { resizeWidth: 96, resizeQuality: "medium" }).catch(() => null);
      }),
    );
  }

  #fit() {
    const { width, height } = this.getBoundingClientRect();
    const dense = devicePixelRatio || 1;
    Object.assign(this.canvas, { width: width * dense, height: height * dense });
    this.view ??= fitting(this.found.points, width, height);
    this.draw();
  }

  /** Where a point of the plane is on the screen, in CSS pixels. */
  at(x, y) {
    return [this.view.x + x * this.view.scale, this.view.y - y * this.view.scale];
  }

  draw() {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      drawn(this);
    });
  }

  /** Choose these photos, or none. */
  choose(ids) {
    this.chosen = new Set(ids);
    offered([...this.chosen], () => this.choose([]));
    this.draw();
  }

  #listen() {
    const canvas = this.canvas;
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#moved(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointerleave", () => (this.card.hidden = true));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    addEventListener("sl-changed", () => this.choose([]));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  #wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  }

  zoom(by, x = this.clientWidth / 2, y = this.clientHeight / 2) {
    const view = this.view;
    const scale = Math.max(view.first * 0.6, Math.min(view.first * 40, view.scale * by));
    view.x = x - ((x - view.x) * scale) / view.scale;
    view.y = y - ((y - view.y) * scale) / view.scale;
    view.scale = scale;
    this.draw();
  }

  #down(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.grabbed = { x: event.offsetX, y: event.offsetY, moved: false };
    if (event.shiftKey || this.hasAttribute("lasso")) this.lasso = [[event.offsetX, event.offsetY]];
  }

  #moved(event) {
    if (!this.grabbed) return this.#hover(event);
    const [dx, dy] = [event.offsetX - this.grabbed.x, event.offsetY - this.grabbed.y];
    if (Math.hypot(dx, dy) > 3) this.grabbed.moved = true;
    if (this.lasso) this.lasso.push([event.offsetX, event.offsetY]);
    else if (this.grabbed.moved) {
      this.view.x += dx;
      this.view.y += dy;
      Object.assign(this.grabbed, { x: event.offsetX, y: event.offsetY });
    }
    this.draw();
  }

  #up(event) {
    const { lasso, grabbed } = this;
    this.lasso = this.grabbed = null;
    if (lasso?.length > 2) {
      const ids = this.found.points.filter((point) => inside(this.at(point.x, point.y), lasso)).map((point) => point.id);
      this.choose(ids);
    } else if (!grabbed?.moved) {
      const point = this.#under(event.offsetX, event.offsetY);
      if (point) location.assign(this.dataset.photo + point.id);
    }
    this.draw();
  }

  #under(x, y) {
    const reach = this.size() / 2 + 2;
    return this.found.points.findLast((point) => {
      const [px, py] = this.at(point.x, point.y);
      return Math.abs(px - x) <= reach && Math.abs(py - y) <= reach;
    });
  }

  /** Pixels of a thumbnail at this zoom. */
  size() {
    const room = Math.sqrt((this.clientWidth * this.clientHeight) / this.found.points.length);
    const first = Math.max(22, Math.min(56, 0.3 * room));
    return Math.max(18, Math.min(96, first * Math.sqrt(this.view.scale / this.view.first)));
  }

  #hover(event) {
    const point = this.#under(event.offsetX, event.offsetY);
    this.canvas.style.cursor = point ? "pointer" : "grab";
    this.card.hidden = !point;
    if (!point) return;
    if (this.card.dataset.id !== point.id) {
      this.card.dataset.id = point.id;
      const image = Object.assign(new Image(), { alt: "" });
      if (point.thumbnail_base64) image.src = `data:image/jpeg;base64,${point.thumbnail_base64}`;
      const name = Object.assign(document.createElement("figcaption"), { textContent: point.caption ?? point.filename });
      this.card.replaceChildren(image, name);
    }
    const left = event.offsetX > this.clientWidth / 2 ? event.offsetX - 216 : event.offsetX + 16;
    const top = Math.min(event.offsetY, this.clientHeight - 220);
    this.card.style.transform = `translate(${left}px, ${Math.max(8, top)}px)`;
  }

  #key(event) {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (step) {
      this.view.x += step[0];
      this.view.y += step[1];
      this.draw();
    } else if (event.key === "+" || event.key === "=") this.zoom(1.3);
    else if (event.key === "-") this.zoom(1 / 1.3);
    else if (event.key === "Escape") this.choose([]);
    else return;
    event.preventDefault();
  }
}

customElements.define("sl-map", PhotoMap);
