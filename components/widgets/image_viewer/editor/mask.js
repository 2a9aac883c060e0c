/* A mask while it is drawn: a class for each pixel, and every step back and forth, without limit.
 *
 * new Mask({ classes, width, height })
 *   put(y, from, to, value, over)  a row of pixels, `to` inclusive; only where the class is `over`, null for any
 *   commit()                       what was put since the last commit becomes one step; false when it changed nothing
 *   revert()                       takes back what was put since the last commit
 *   undo(), redo()                 false where there is none
 *   box                            { left, top, right, bottom } around everything that is or was drawn
 *   changed                        whether there are steps that were not saved; saved() says they are now
 *
 * A step keeps the touched tiles as runs of equal pixels before and after: a few hundred bytes a stroke. */
const TILE = 64;
const RUN = 13; // bits for the length of a run: a tile has 4096 pixels

export class Mask {
  constructor({ classes, width, height }) {
    Object.assign(this, { classes, width, height });
    this.columns = Math.ceil(width / TILE);
    this.box = around(classes, width, height);
    this.open = new Map();
    this.done = [];
    this.undone = [];
    this.kept = null;
  }

  put(y, from, to, value, over = null) {
    const [first, last] = [Math.max(0, from), Math.min(this.width - 1, to)];
    if (y < 0 || y >= this.height || last < first) return;
    for (let column = first >> 6; column <= last >> 6; column += 1) this.#keep((y >> 6) * this.columns + column);
    const row = y * this.width;
    if (over === null) this.classes.fill(value, row + first, row + last + 1);
    else for (let at = row + first; at <= row + last; at += 1) if (this.classes[at] === over) this.classes[at] = value;
    this.#reach(first, y, last + 1, y + 1);
  }

  commit() {
    const step = [...this.open].map(([tile, before]) => ({ tile, before: packed(before), after: packed(this.#read(tile)) }));
    const changes = step.filter(({ before, after }) => before.length !== after.length || before.some((run, index) => run !== after[index]));
    this.open.clear();
    if (!changes.length) return false;
    this.done.push(changes);
    this.undone = [];
    return true;
  }

  revert() {
    for (const [tile, before] of this.open) this.#write(tile, before);
    this.open.clear();
  }

  undo() {
    return this.#step(this.done, this.undone, "before");
  }

  redo() {
    return this.#step(this.undone, this.done, "after");
  }

  get changed() {
    return (this.done.at(-1) ?? null) !== this.kept;
  }

  saved() {
    this.kept = this.done.at(-1) ?? null;
  }

  #step(from, to, side) {
    this.revert();
    const step = from.pop();
    if (!step) return false;
    for (const change of step) this.#write(change.tile, unpacked(change[side]));
    to.push(step);
    return true;
  }

  #keep(tile) {
    if (!this.open.has(tile)) this.open.set(tile, this.#read(tile));
  }

  #rows(tile) {
    const [top, left] = [Math.floor(tile / this.columns) * TILE, (tile % this.columns) * TILE];
    const [bottom, right] = [Math.min(this.height, top + TILE), Math.min(this.width, left + TILE)];
    return { top, left, bottom, right };
  }

  #read(tile) {
    const { top, left, bottom, right } = this.#rows(tile);
    const pixels = new Uint8Array((bottom - top) * (right - left));
    for (let y = top; y < bottom; y += 1) {
      pixels.set(this.classes.subarray(y * this.width + left, y * this.width + right), (y - top) * (right - left));
    }
    return pixels;
  }

  #write(tile, pixels) {
    const { top, left, bottom, right } = this.#rows(tile);
    const across = right - left;
    for (let y = top; y < bottom; y += 1) {
      this.classes.set(pixels.subarray((y - top) * across, (y - top + 1) * across), y * this.width + left);
    }
  }

  #reach(left, top, right, bottom) {
    const { box } = this;
    this.box = {
      left: Math.min(box.left, left), top: Math.min(box.top, top),
      right: Math.max(box.right, right), bottom: Math.max(box.bottom, bottom),
    };
  }
}

function around(classes, width, height) {
  const box = { left: width, top: height, right: 0, bottom: 0 };
  for (let at = 0; at < classes.length; at += 1) {
    if (!classes[at]) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + 1);
    box.top = Math.min(box.top, y);
    box.bottom = y + 1;
  }
  return box;
}

function packed(pixels) {
  const runs = [];
  for (let at = 0, from = 0; at < pixels.length; from = at) {
    while (at < pixels.length && pixels[at] === pixels[from]) at += 1;
    runs.push((pixels[from] << RUN) | (at - from));
  }
  return Uint16Array.from(runs);
}

function unpacked(runs) {
  const length = (run) => run & ((1 << RUN) - 1);
  const pixels = new Uint8Array(runs.reduce((sum, run) => sum + length(run), 0));
  let at = 0;
  for (const run of runs) {
    pixels.fill(run >> RUN, at, at + length(run));
    at += length(run);
  }
  return pixels;
}
