// The clusters of a map as a list: a way to choose and to name them without drawing.
import { colour } from "./drawing.js";

export function listed(map) {
  const list = Object.assign(document.createElement("ul"), { className: "sl-clusters" });
  list.setAttribute("aria-label", "Clusters");
  const clusters = map.found.clustering_info?.clusters ?? {};
  for (const [id, cluster] of Object.entries(clusters)) list.append(line(map, Number(id), cluster));
  return list;
}

function line(map, id, cluster) {
  const item = document.createElement("li");
  const dot = Object.assign(document.createElement("span"), { className: "sl-dot" });
  dot.style.background = colour(id);
  const name = cluster.label || `Cluster ${id + 1}`;
  const choose = button(`${name} (${cluster.size})`, () =>
    map.choose(map.found.points.filter((point) => point.cluster_id === id).map((point) => point.id)),
  );
  const rename = button("", () => emitEvent("map-name", { cluster: id, label: cluster.label ?? "" }));
  rename.setAttribute("aria-label", `Name ${name}`);
  rename.append(Object.assign(document.createElement("i"), { className: "material-icons" }));
  rename.firstChild.dataset.icon = "edit";
  item.append(dot, choose, rename);
  return item;
}

function button(text, action) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", action);
  return made;
}
