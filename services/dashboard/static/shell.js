// What every page has: the navigation, which shows where one is, and times by the clock of who looks.

class Pages extends HTMLElement {
  /** On a phone the bar of pages is wider than the window. */
  connectedCallback() {
    requestAnimationFrame(() => {
      const bar = this.firstElementChild;
      const here = bar?.querySelector("[aria-current]");
      if (here) bar.scrollLeft = here.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
    });
  }
}

const DAY_S = 24 * 3600;
const ages = new Set();

class Time extends HTMLElement {
  connectedCallback() {
    this.moment = new Date(this.getAttribute("at"));
    this.title = this.moment.toLocaleString();
    if (this.hasAttribute("age")) ages.add(this);
    this.tell();
  }

  disconnectedCallback() {
    ages.delete(this);
  }

  tell() {
    const seconds = (Date.now() - this.moment) / 1000;
    this.textContent = this.hasAttribute("age") && seconds < DAY_S ? ago(seconds) : local(this.moment);
  }
}

function ago(seconds) {
  if (seconds < 10) return "just now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min ago`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest ? `${hours} h ${rest} min ago` : `${hours} h ago`;
}

/** 2026-11-28 22:44, by this clock. */
function local(at) {
  const two = (number) => String(number).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

setInterval(() => ages.forEach((each) => each.tell()), 10_000);
customElements.define("sl-pages", Pages);
customElements.define("sl-time", Time);
