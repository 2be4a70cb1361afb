// What lies where in a plane.

/** Whether a point lies inside a polygon (even-odd rule). */
export function inside([x, y], polygon) {
  let is = false;
  for (let here = 0, before = polygon.length - 1; here < polygon.length; before = here++) {
    const [hx, hy] = polygon[here];
    const [bx, by] = polygon[before];
    if (hy > y !== by > y && x < ((bx - hx) * (y - hy)) / (by - hy) + hx) is = !is;
  }
  return is;
}

/** The view in which all points fill a window of this size: pixels a unit, and where the origin is. */
export function fitting(points, width, height) {
  const [xs, ys] = [points.map((each) => each.x), points.map((each) => each.y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = 96;
  const scale = Math.min((width - room) / Math.max(1, right - left), (height - room) / Math.max(1, high - low));
  return { scale, first: scale, x: width / 2 - (scale * (left + right)) / 2, y: height / 2 + (scale * (low + high)) / 2 };
}
