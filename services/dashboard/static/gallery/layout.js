// Where each photo of a timeline lies: computed from the counts of its months alone, before any photo is loaded.

export const HEADER = 52;
const GAP = 4;

/** Sections with their tops, for a width in pixels; `height` is that of all. */
export function arranged(sections, width) {
  const target = width < 600 ? 108 : 168;
  const columns = Math.max(3, Math.floor((width + GAP) / (target + GAP)));
  const cell = (width - GAP * (columns - 1)) / columns;
  let top = 0;
  const placed = sections.map((section) => {
    const rows = Math.ceil(section.count / columns);
    const here = { ...section, top, rows };
    top += HEADER + rows * (cell + GAP) + 20;
    return here;
  });
  return { sections: placed, columns, cell, pitch: cell + GAP, height: top };
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
      const x = (index % layout.columns) * layout.pitch;
      yield { number, index, x, y: first + Math.floor(index / layout.columns) * layout.pitch };
    }
  }
}

/** The sections of which a part lies between two heights. */
export function visible(layout, from, to) {
  return layout.sections.filter((each, number) => {
    const next = layout.sections[number + 1];
    return each.top <= to && (next ? next.top : layout.height) >= from;
  });
}

const MONTH = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric", timeZone: "UTC" });

/** "July 2019" of "2019-07". */
export function named(month) {
  return month ? MONTH.format(new Date(`${month}-15T00:00:00Z`)) : "Without a date";
}
