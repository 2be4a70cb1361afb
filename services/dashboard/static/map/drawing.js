// The map on its canvas: outlines of clusters, photos, names, the lasso.

const HUES = [172, 32, 262, 348, 205, 95, 300, 55, 15, 230];

/** The colour of a cluster; grey for what is in none. */
export function colour(cluster, alpha = 1) {
  return cluster < 0 || cluster == null ? `hsla(220,5%,55%,${alpha})` : `hsla(${HUES[cluster % HUES.length]},55%,50%,${alpha})`;
}

export function drawn(map) {
  const context = map.canvas.getContext("2d");
  const dense = devicePixelRatio || 1;
  context.setTransform(dense, 0, 0, dense, 0, 0);
  context.clearRect(0, 0, map.clientWidth, map.clientHeight);
  outlines(map, context);
  for (const point of map.found.points) photo(map, context, point);
  names(map, context);
  if (map.lasso) lasso(context, map.lasso);
}

function clusters(map) {
  return Object.entries(map.found.clustering_info?.clusters ?? {}).map(([id, cluster]) => [Number(id), cluster]);
}

function outlines(map, context) {
  for (const [id, { hull }] of clusters(map)) {
    if (!hull?.length) continue;
    context.beginPath();
    hull.forEach(([x, y], number) => context[number ? "lineTo" : "moveTo"](...map.at(x, y)));
    context.closePath();
    context.lineJoin = "round";
    context.lineWidth = map.size() + 12;
    context.strokeStyle = context.fillStyle = colour(id, 0.14);
    context.fill();
    context.stroke();
  }
}

function photo(map, context, point) {
  const [x, y] = map.at(point.x, point.y);
  const size = map.size();
  if (x < -size || y < -size || x > map.clientWidth + size || y > map.clientHeight + size) return;
  const [left, top] = [x - size / 2, y - size / 2];
  context.fillStyle = colour(point.cluster_id);
  context.fillRect(left - 1.5, top - 1.5, size + 3, size + 3);
  if (point.picture) {
    const { width, height } = point.picture;
    const side = Math.min(width, height);
    context.drawImage(point.picture, (width - side) / 2, (height - side) / 2, side, side, left, top, size, size);
  }
  if (map.chosen.has(point.id)) {
    context.lineWidth = 3;
    context.strokeStyle = getComputedStyle(map).getPropertyValue("--accent");
    context.strokeRect(left - 2, top - 2, size + 4, size + 4);
  }
}

/** Above their clusters, the largest first; a name that would lie on another one waits for a closer look. */
function names(map, context) {
  const style = getComputedStyle(map);
  context.font = `600 12px ${style.fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const taken = [];
  for (const [id, { centroid, hull, label, size }] of clusters(map).sort((a, b) => b[1].size - a[1].size)) {
    const text = label || `${size} photos`;
    const x = map.at(...centroid)[0];
    const y = Math.min(...(hull?.length ? hull : [centroid]).map((each) => map.at(...each)[1])) - map.size() / 2 - 16;
    const half = context.measureText(text).width / 2 + 8;
    if (taken.some((each) => Math.abs(each.x - x) < each.half + half && Math.abs(each.y - y) < 24)) continue;
    taken.push({ x, y, half });
    context.fillStyle = style.getPropertyValue("--surface");
    context.beginPath();
    context.roundRect(x - half, y - 11, 2 * half, 22, 11);
    context.fill();
    context.strokeStyle = colour(id);
    context.lineWidth = 1.5;
    context.stroke();
    context.fillStyle = style.getPropertyValue("--text");
    context.fillText(text, x, y + 1);
  }
}

function lasso(context, line) {
  context.beginPath();
  line.forEach(([x, y], number) => context[number ? "lineTo" : "moveTo"](x, y));
  context.closePath();
  context.fillStyle = "rgba(20,184,166,.18)";
  context.strokeStyle = "rgb(20,184,166)";
  context.lineWidth = 2;
  context.setLineDash([6, 4]);
  context.fill();
  context.stroke();
  context.setLineDash([]);
}
