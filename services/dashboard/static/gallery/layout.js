// Where each photo of a timeline lies: computed from the counts of its months alone, before any photo is loaded.

export const HEADER = 52;
const GAP = 4;
const BELOW = 20;
const BETWEEN = 24;
const LEAST = 84;
const SHORT = 150;

/** Sections with their places, for a width in pixels; `height` is that of all. Short ones stand next to each other. */
export function arranged(sections, width) {
  const target = width < 600 ? 108 : 168;
  const columns = Math.max(3, Math.floor((width + GAP) / (target + GAP)));
  const cell = (width - GAP * (columns - 1)) / columns;
  const pitch = cell + GAP;
  let height = 0;
  let before = null;
  const placed = sections.map((section) => {
    const rows = Math.ceil(section.count / columns);
    const wide = Math.max(LEAST, Math.min(section.count, columns) * pitch - GAP);
    const left = before?.rows === 1 && rows === 1 ? before.left + before.wide + BETWEEN : 0;
    const isNext = left > 0 && left + wide <= width;
    const top = isNext ? before.top : height;
    const bottom = top + HEADER + rows * pitch + BELOW;
    height = bottom;
    before = { ...section, rows, wide, left: isNext ? left : 0, top, bottom };
    return before;
  });
  return { sections: placed, columns, cell, pitch, height };
}

/** The photos between two heights, as {section, index, x, y}. */
export function* between(layout, from, to) {
  for (const [number, section] of layout.sections.entries()) {
    const first = section.top + HEADER;
    if (first + section.rows * layout.pitch < from) continue;
    if (section.top > to) return;
    const rowFrom = Math.max(0, Math.floor((from - first) / layout.pitch));
    const rowTo = Math.min(section.rows - 1, Math.floor((to - first) / layout.pitch));
    const end = Math.min(section.count, (rowTo + 1) * layout.columns);
    for (let index = rowFrom * layout.columns; index < end; index++) {
      const x = section.left + (index % layout.columns) * layout.pitch;
      yield { number, index, x, y: first + Math.floor(index / layout.columns) * layout.pitch };
    }
  }
}

/** The sections of which a part lies between two heights. */
export function visible(layout, from, to) {
  return layout.sections.filter((each) => each.top <= to && each.bottom >= from);
}

const [MONTH, SHORTLY] = ["long", "short"].map((month) => new Intl.DateTimeFormat(undefined, { month, year: "numeric", timeZone: "UTC" }));

/** "July 2019" of "2019-07"; "Jul 2019" where there are so few pixels. */
export function named(month, wide = Infinity) {
  if (!month) return wide < SHORT ? "No date" : "Without a date";
  return (wide < SHORT ? SHORTLY : MONTH).format(new Date(`${month}-15T00:00:00Z`));
}
