// <sl-library>: a collection as a timeline, or what was found in it, as the address says; other views need no other page.
import "./gallery.js";
import { Found } from "./found.js";
import { asked, shrunk } from "./picture.js";

const AGAIN_MS = 3000;

class Library extends HTMLElement {
  connectedCallback() {
    this.stop = new AbortController();
    const options = { signal: this.stop.signal };
    this.found = new Found((cursor) => this.#asked(this.view, cursor), options);
    this.append(this.found.place);
    this.form = document.querySelector(".sl-search");
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.#search(this.form.elements.q.value.trim())));
    this.form.elements.q.addEventListener("input", ({ target }) => !target.value && this.view.q && this.#search(""));
    asked(this.form, (file) => this.#picture(file), options);
    document.addEventListener("click", (event) => this.#followed(event), options);
    addEventListener("keydown", (event) => this.#key(event), options);
    addEventListener("popstate", () => this.#show(true), options);
    addEventListener("pagehide", () => this.#leave(), options);
    history.scrollRestoration = "manual";
    this.#show(performance.getEntriesByType("navigation")[0]?.type !== "navigate");
  }

  disconnectedCallback() {
    this.stop.abort();
  }

  /** Show the view at an address; where it is one of a picture, that stays with its place in the history. */
  go(address, picture = null) {
    this.#leave();
    if (address === location.href && !picture) history.replaceState(null, "");
    else history.pushState({ picture }, "", address);
    this.#show(false);
  }

  #key(event) {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target.closest?.("input, textarea, [role=dialog]")) return;
    event.preventDefault();
    this.form.elements.q.select();
  }

  #search(q) {
    const params = new URLSearchParams({ ...(q && { q }), ...(this.view.f !== "{}" && { f: this.view.f }) });
    this.go(`${location.pathname}${params.size ? "?" : ""}${params}`);
  }

  async #picture(file) {
    this.picture = await shrunk(file);
    const params = new URLSearchParams({ picture: file.name, ...(this.view.f !== "{}" && { f: this.view.f }) });
    this.go(`${location.pathname}?${params}`, this.picture);
  }

  /** Links to other views of the library are followed in place. */
  #followed(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || link.pathname !== location.pathname || link.target === "_blank") return;
    event.preventDefault();
    this.go(link.href);
  }

  #leave() {
    if (!this.address) return;
    sessionStorage.setItem(`sl-scroll:${this.address}`, scrollY);
    sessionStorage.setItem(`sl-pages:${this.address}`, this.found.pages);
  }

  async #show(isBack) {
    const view = (this.view = viewed());
    const isFirst = !this.address;
    this.address = location.href;
    const left = (what) => (isBack ? Number(sessionStorage.getItem(`sl-${what}:${this.address}`)) : 0);
    [this.scroll, this.pages] = [left("scroll"), left("pages")];
    this.form.elements.q.value = view.q;
    clearTimeout(this.again);
    if (view.q || view.like || view.picture) await this.#result(view);
    else this.#timeline(view.f);
    if (!isFirst && this.view === view) emitEvent("viewed", { q: view.q, like: view.like, f: view.f });
  }

  #timeline(filters) {
    this.found.clear();
    this.removeAttribute("aria-busy");
    if (this.gallery?.dataset.filters === filters) return this.gallery.show(this.scroll);
    this.gallery?.remove();
    this.gallery = document.createElement("sl-gallery");
    const { base, photo, months, first, count } = this.dataset;
    const given = filters === this.dataset.filters && months ? { months, first, count } : {};
    Object.assign(this.gallery.dataset, { base, photo, filters, ...given });
    delete this.dataset.months;
    this.gallery.show(this.scroll);
    this.prepend(this.gallery);
  }

  async #result(view) {
    this.setAttribute("aria-busy", "true");
    const [html, error] = await this.#asked(view).then((html) => [html, null], (error) => [null, error]);
    if (this.view !== view) return;
    this.removeAttribute("aria-busy");
    this.gallery?.hide();
    if (error) return this.#failed(error);
    await this.found.show(html, this.pages);
    if (this.view === view) scrollTo(0, this.scroll);
  }

  #failed(error) {
    this.found.failed(error.message);
    if (error.again) this.again = setTimeout(() => this.#show(false), AGAIN_MS);
  }

  /** A page of what was looked for, as HTML; throws the gateway's sentence. */
  async #asked({ q, like, f, picture }, cursor) {
    const params = new URLSearchParams({ ...(q && { q }), ...(like && { like }), ...(picture && { called: picture }), ...(f !== "{}" && { f }), ...(cursor && { cursor }) });
    const request = picture ? { method: "POST", body: this.#form(picture) } : {};
    const answer = await fetch(`${this.dataset.base}/found?${params}`, request).catch(() => null);
    if (!answer) throw Object.assign(new Error("The dashboard does not answer; this page tries again by itself."), { again: true });
    if (!answer.ok) throw Object.assign(new Error(await answer.text()), { again: answer.status === 503 });
    return answer.text();
  }

  #form(name) {
    const kept = history.state?.picture ?? (this.picture?.name === name ? this.picture : null);
    if (!kept) throw new Error(`Choose ${name} again: this window does not have it any more.`);
    const form = new FormData();
    form.append("file", new Blob([kept.bytes]), kept.name);
    return form;
  }
}

function viewed() {
  const params = new URLSearchParams(location.search);
  const [q, like, picture] = ["q", "like", "picture"].map((name) => params.get(name) ?? "");
  return { q, like, picture, f: params.get("f") || "{}" };
}

customElements.define("sl-library", Library);
