// A photo's page: the photos before and after it in the view that it was opened from, by buttons, arrow keys or a swipe.

const SWIPE = 60;
const order = JSON.parse(sessionStorage.getItem("sl-order") || "[]");

function shown() {
  return location.pathname.split("/").pop();
}

function near(step) {
  const place = order.indexOf(shown());
  return place < 0 ? undefined : order[place + step];
}

/** Turn in place: the picture at once, what is known of it as soon as the page has it. */
function to(step) {
  const [before, id] = [shown(), near(step)];
  if (!id) return;
  history.replaceState(history.state, "", location.pathname.replace(/[^/]+$/, id));
  const image = document.querySelector(".sl-hero img");
  image?.setAttribute("src", image.getAttribute("src").replace(before, id));
  emitEvent("turned", { id });
}

addEventListener("keydown", (event) => {
  if (event.target.closest?.("input, textarea, [role=dialog]") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") to(-1);
  else if (event.key === "ArrowRight") to(1);
  else if (event.key === "Escape") history.back();
});

class Hero extends HTMLElement {
  connectedCallback() {
    this.#button(-1, "Previous", "chevron_left");
    this.#button(1, "Next", "chevron_right");
    this.addEventListener("touchstart", ({ changedTouches: [touch] }) => (this.from = touch.clientX), { passive: true });
    this.addEventListener("touchend", ({ changedTouches: [touch] }) => this.#swiped(touch.clientX - this.from), { passive: true });
    this.querySelector("img").addEventListener("load", () => this.#ahead(), { once: true });
  }

  #button(step, text, icon) {
    if (!near(step)) return;
    const made = Object.assign(document.createElement("button"), { type: "button", className: `sl-turn sl-turn-${text.toLowerCase()}` });
    made.setAttribute("aria-label", `${text} photo`);
    made.append(Object.assign(document.createElement("i"), { className: "material-icons" }));
    made.firstChild.dataset.icon = icon;
    made.addEventListener("click", () => to(step));
    this.append(made);
  }

  #swiped(distance) {
    if (Math.abs(distance) > SWIPE) to(distance < 0 ? 1 : -1);
  }

  /** The next picture is fetched while this one is looked at. */
  #ahead() {
    const address = this.querySelector("img").getAttribute("src");
    const next = near(1);
    if (next) new Image().src = address.replace(shown(), next);
  }
}

customElements.define("sl-hero", Hero);

/** A map, from elsewhere, once somebody asks for it. */
addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-place]");
  if (!button) return;
  const [lat, lon] = JSON.parse(button.dataset.place);
  const box = [lon - 0.02, lat - 0.012, lon + 0.02, lat + 0.012].join(",");
  const frame = document.createElement("iframe");
  frame.src = `https://www.openstreetmap.org/export/embed.html?bbox=${encodeURIComponent(box)}&marker=${lat},${lon}`;
  frame.title = "Where it was taken";
  frame.referrerPolicy = "no-referrer";
  frame.className = "sl-map-frame";
  button.parentElement.replaceWith(frame);
});
