// Photos of a timeline, fetched in chunks with their thumbnails, the ones asked for last first.

export const CHUNK = 60;
const AT_ONCE = 4;
const KEPT = 120;
const DEEPEST = 10_000;

export class Chunks {
  /** `url(section, offset)` is where a chunk is; `arrived(section, first, items)` is called with each. */
  constructor(address, arrived, failed) {
    this.address = address;
    this.arrived = arrived;
    this.failed = failed;
    this.loaded = new Map();
    this.cursors = new Map();
    this.running = new Map();
    this.wanted = [];
  }

  /** The photo, or undefined while it is not here. */
  at(section, index) {
    const key = `${section.month}:${Math.floor(index / CHUNK)}`;
    const items = this.loaded.get(key);
    if (items === undefined) return undefined;
    this.loaded.delete(key);
    this.loaded.set(key, items);
    return items[index % CHUNK];
  }

  /** Load these chunks, [section, number] each, and no others that have not begun. */
  want(chunks) {
    const missing = chunks.filter(([section, number]) => !this.loaded.has(`${section.month}:${number}`));
    const keys = new Set(missing.map(([section, number]) => `${section.month}:${number}`));
    for (const [key, control] of this.running) if (!keys.has(key)) control.abort();
    this.wanted = missing;
    this.#next();
  }

  #next() {
    while (this.running.size < AT_ONCE && this.wanted.length) {
      const [section, number] = this.wanted.shift();
      const key = `${section.month}:${number}`;
      if (!this.running.has(key) && !this.loaded.has(key)) this.#load(key, section, number);
    }
  }

  async #load(key, section, number) {
    const control = new AbortController();
    this.running.set(key, control);
    try {
      const items = await this.#fetched(section, number, control.signal);
      this.loaded.set(key, items);
      while (this.loaded.size > KEPT) this.loaded.delete(this.loaded.keys().next().value);
      this.arrived(section, number * CHUNK, items);
    } catch (error) {
      if (!control.signal.aborted) this.failed(error);
    } finally {
      this.running.delete(key);
      this.#next();
    }
  }

  /** By offset; deeper than offsets reach, by cursors from the deepest chunk on. */
  async #fetched(section, number, signal) {
    const offset = number * CHUNK;
    const known = this.cursors.get(`${section.month}:${number}`);
    if (offset > DEEPEST && !known) {
      await this.#fetched(section, number - 1, signal);
      return this.#fetched(section, number, signal);
    }
    const page = await fetched(this.address(section, offset > DEEPEST ? { cursor: known } : { offset }, CHUNK), signal);
    if (page.next) this.cursors.set(`${section.month}:${number + 1}`, page.next);
    return page.items;
  }
}

/** The body of an answer; throws its sentence where it is an error. */
export async function fetched(address, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
