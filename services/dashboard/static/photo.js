// A photo's page: the photos before and after it in the view that it was opened from, by buttons and arrow keys.

const order = JSON.parse(sessionStorage.getItem("sl-order") || "[]");
const place = order.indexOf(location.pathname.split("/").pop());

function to(step) {
  const id = order[place + step];
  if (place >= 0 && id) location.replace(location.pathname.replace(/[^/]+$/, id));
}

addEventListener("keydown", (event) => {
  if (event.target.closest?.("input, textarea, [role=dialog]") || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") to(-1);
  else if (event.key === "ArrowRight") to(1);
  else if (event.key === "Escape") history.back();
});

function button(step, text, icon) {
  if (place < 0 || !order[place + step]) return;
  const made = Object.assign(document.createElement("button"), { type: "button", className: `sl-turn sl-turn-${text.toLowerCase()}` });
  made.setAttribute("aria-label", `${text} photo`);
  made.append(Object.assign(document.createElement("i"), { className: "material-icons" }));
  made.firstChild.dataset.icon = icon;
  made.addEventListener("click", () => to(step));
  document.querySelector(".sl-hero")?.append(made);
}

const hero = setInterval(() => {
  if (!document.querySelector(".sl-hero")) return;
  clearInterval(hero);
  button(-1, "Previous", "chevron_left");
  button(1, "Next", "chevron_right");
}, 50);
