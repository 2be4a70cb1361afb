// Photos of a timeline, fetched with their thumbnails in blocks: what is in view first, neighbours in one request.

export const BLOCK = 12;
const AT_ONCE = 2;
const KEPT = 600;
const MOST = 8;
const DEEPEST = 10_000;
const STRIDE = 500;

export class Blocks {
  /** `address(section, at, limit, thumbnails)` is where photos are; `arrived(section, first, items)` is called with them. */
  constructor(address, arrived, failed) {
    this.address = address;
    this.arrived = arrived;
    this.failed = failed;
    this.loaded = new Map();
    this.cursors = new Map();
    this.running = new Set();
    this.requests = 0;
    this.wanted = [];
  }

  /** The photo, or undefined while it is not here. */
  at(section, index) {
    const key = keyOf(section, Math.floor(index / BLOCK));
    const items = this.loaded.get(key);
    if (items === undefined) return undefined;
    this.loaded.delete(key);
    this.loaded.set(key, items);
    return items[index % BLOCK];
  }

  /**
   * Load these blocks, { section, number, isSeen } each, and no others that have not begun. Requests that run are
   * waited for: the gateway would work on them all the same, and dragging along the years would flood it.
   */
  want(blocks) {
    this.wanted = blocks.filter(({ section, number }) => {
      const key = keyOf(section, number);
      return !this.loaded.has(key) && !this.running.has(key);
    });
    this.#next();
  }

  /** The first photos of a section, whose address the page has had the browser fetch already. */
  begin(section, address, count) {
    const run = Array.from({ length: Math.ceil(count / BLOCK) }, (_, number) => ({ section, number }));
    this.#load(run, address);
  }

  /** Forget everything, for a collection that is another one than it was. */
  forget() {
    this.loaded.clear();
    this.cursors.clear();
  }

  #next() {
    while (this.wanted.length && this.requests < (this.wanted[0].isSeen ? AT_ONCE : 1)) this.#load(this.#run());
  }

  /** The first blocks that are wanted, as far as they follow each other. */
  #run() {
    const [first] = this.wanted;
    const follows = (each, at) =>
      each.section.month === first.section.month && each.number === first.number + at && each.isSeen === first.isSeen;
    const end = this.wanted.findIndex((each, at) => at === MOST || !follows(each, at));
    return this.wanted.splice(0, end < 0 ? this.wanted.length : end);
  }

  async #load(run, address) {
    const [{ section, number }] = run;
    const keys = run.map((each) => keyOf(section, each.number));
    for (const key of keys) this.running.add(key);
    this.requests++;
    try {
      const items = address ? (await fetched(address)).items : await this.#fetched(section, number * BLOCK, run.length * BLOCK);
      for (const [at, key] of keys.entries()) this.loaded.set(key, items.slice(at * BLOCK, (at + 1) * BLOCK));
      while (this.loaded.size > KEPT) this.loaded.delete(this.loaded.keys().next().value);
      this.arrived(section, number * BLOCK, run.length * BLOCK, items);
    } catch (error) {
      this.failed(error);
    } finally {
      for (const key of keys) this.running.delete(key);
      this.requests--;
      this.#next();
    }
  }

  async #fetched(section, offset, limit) {
    const at = offset > DEEPEST ? { cursor: await this.#cursor(section, offset) } : { offset };
    const page = await fetched(this.address(section, at, limit, true));
    if (page.next) this.#known(section).set(offset + limit, page.next);
    return page.items;
  }

  /** Where photos begin that offsets do not reach: from the nearest cursor before them, in strides without pictures. */
  async #cursor(section, offset) {
    const known = this.#known(section);
    let place = Math.max(DEEPEST, ...[...known.keys()].filter((each) => each <= offset));
    while (place < offset) {
      const at = known.has(place) ? { cursor: known.get(place) } : { offset: place };
      const limit = Math.min(STRIDE, offset - place);
      const { next } = await fetched(this.address(section, at, limit, false));
      if (!next) throw new Error("the collection has become smaller");
      known.set((place += limit), next);
    }
    return known.get(offset);
  }

  #known(section) {
    if (!this.cursors.has(section.month)) this.cursors.set(section.month, new Map());
    return this.cursors.get(section.month);
  }
}

function keyOf(section, number) {
  return `${section.month}:${number}`;
}

/** The body of an answer; throws its sentence where it is an error. */
export async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}
