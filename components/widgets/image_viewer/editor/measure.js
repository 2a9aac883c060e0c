/* What a drawn mask measures, in the browser while it is drawn: the server's formulas (backend/grading/measures/ribeye.py
 * and measured.py), held to agree with them by a test.
 *
 * measure(ribeye, fat, calibration) → { areaPx, reaCm2, backfatMm, backfatPx, line } or null where there is no ribeye
 *   ribeye, fat   regions of the two classes, the largest first, in pixels (shapes.js)
 *   calibration   { mm_per_px_x, mm_per_px_y } or null: then there are pixels only
 *   line          [[x, y], [x, y]] in pixels, from the hide down to the fat's lower face; null where no fat is found */
import { bounds, principalAxis, scaled } from "$/public/external/components/widgets/image_viewer/editor/editor/shapes.js";

const NOMINAL = { mm_per_px_x: 0.35, mm_per_px_y: 0.35 };
const LEAST_PART = 0.02; // of the largest fat area, below which another one is a speck
const SHARE_FROM_MEDIAL = 0.75;
const HIDE_WINDOW_MM = 10;
const HIDE_SAMPLES = 21;
const LEAST_SAMPLES = Math.floor(HIDE_SAMPLES / 2);
const LINE_OFFSETS_MM = [-2, -1, 0, 1, 2];
const LEAST_LINES = 3;
const ABOVE_HIDE_MM = 10;
const OUTLIER_MM = 2;

export function measure(ribeye, fat, calibration) {
  if (!ribeye.length) return null;
  const { mm_per_px_x: across, mm_per_px_y: down } = calibration ?? NOMINAL;
  const muscle = scaled(ribeye[0], across, down);
  const layers = fat.filter(({ area }) => area >= LEAST_PART * fat[0].area).map((part) => scaled(part, across, down));
  const read = backfat(principalAxis(muscle.outer), layers);
  const line = read && read.line.map(([x, y]) => [x / across, y / down]);
  const sizes = { areaPx: ribeye[0].area, reaCm2: null, backfatMm: null, backfatPx: null, line };
  if (!calibration) return { ...sizes, backfatPx: read && read.thickness / down };
  return { ...sizes, reaCm2: muscle.area / 100, backfatMm: read && read.thickness };
}

/* Thickness at ¾ of the ribeye's length from its medial end, which is the thicker one. All in millimetres. */
function backfat({ centre, along, start, end }, fat) {
  const medialLeft = start + end >= 0; // the centre of area lies left of the middle
  const reach = start + (medialLeft ? SHARE_FROM_MEDIAL : 1 - SHARE_FROM_MEDIAL) * (end - start);
  const place = [centre[0] + reach * along[0], centre[1] + reach * along[1]];
  const hide = hideOver(place, fat);
  if (!hide) return null;
  const { foot, inwards } = hide;
  const deep = Math.hypot(place[0] - foot[0], place[1] - foot[1]);
  const cuts = LINE_OFFSETS_MM.map((offset) => {
    const from = [foot[0] + offset * inwards[1], foot[1] - offset * inwards[0]];
    const outside = [from[0] - ABOVE_HIDE_MM * inwards[0], from[1] - ABOVE_HIDE_MM * inwards[1]];
    return longest(outside, inwards, ABOVE_HIDE_MM + deep, fat);
  });
  const found = cuts.filter(Boolean).map(({ from, to }) => to - from);
  const middle = cuts[(cuts.length - 1) / 2];
  if (found.length < LEAST_LINES || !middle) return null;
  const thickness = median(found);
  const at = (distance) => [0, 1].map((axis) => middle.outside[axis] + distance * inwards[axis]);
  return { thickness, line: [at(middle.from), at(middle.from + thickness)] };
}

function median(values) {
  const ordered = [...values].sort((one, other) => one - other);
  const middle = ordered.length / 2;
  return ordered.length % 2 ? ordered[Math.floor(middle)] : (ordered[middle - 1] + ordered[middle]) / 2;
}

/* The point of the hide whose perpendicular meets `place`, and the way from it into the body. */
function hideOver(place, fat) {
  let foot = place;
  let inwards = [0, 1];
  for (let look = 0; look < 2; look += 1) { // the second is centred on where the first perpendicular met the hide
    const hide = hideLine(foot[0], fat);
    if (!hide) return null;
    const long = Math.hypot(hide.slope, 1);
    inwards = [-hide.slope / long, 1 / long];
    const depth = (place[1] - (hide.height + hide.slope * place[0])) * inwards[1];
    foot = [place[0] - depth * inwards[0], place[1] - depth * inwards[1]];
  }
  return { foot, inwards };
}

/* Height at x = 0 and slope of the upper face of the fat round `x`; what lies far off the line is left out. */
function hideLine(x, fat) {
  const boxes = fat.map(({ outer }) => bounds(outer));
  const left = Math.min(...boxes.map((box) => box.left));
  const right = Math.max(...boxes.map((box) => box.right));
  if (!(left < x && x < right)) return null;
  const from = Math.max(left, x - HIDE_WINDOW_MM);
  const step = (Math.min(right, x + HIDE_WINDOW_MM) - from) / (HIDE_SAMPLES - 1);
  const samples = Array.from({ length: HIDE_SAMPLES }, (_, index) => [from + index * step, Infinity]);
  for (const { outer } of fat) raise(samples, outer, from, step);
  const hit = samples.filter(([, height]) => Number.isFinite(height));
  if (hit.length < LEAST_SAMPLES) return null;
  const line = fitted(hit);
  const near = hit.filter(([at, height]) => Math.abs(height - (line.height + line.slope * at)) <= OUTLIER_MM);
  return near.length >= LEAST_SAMPLES && near.length < hit.length ? fitted(near) : line;
}

/* Lift each sample to the highest place where its vertical meets the ring. */
function raise(samples, ring, from, step) {
  for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
    const [ax, ay, bx, by] = [ring[last], ring[last + 1], ring[i], ring[i + 1]];
    const first = Math.max(0, Math.ceil((Math.min(ax, bx) - from) / step));
    const final = Math.min(samples.length - 1, Math.floor((Math.max(ax, bx) - from) / step));
    for (let index = first; index <= final; index += 1) {
      const sample = samples[index];
      const y = ax === bx ? Math.min(ay, by) : ay + ((by - ay) * (sample[0] - ax)) / (bx - ax);
      sample[1] = Math.min(sample[1], y);
    }
  }
}

function fitted(points) {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const slope = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  return { height: meanY - slope * meanX, slope };
}

/* The longest stretch of fat along a line of that length: { outside, from, to }, distances from its start. */
function longest(outside, inwards, length, fat) {
  let best = null;
  for (const { outer, holes } of fat) {
    const met = [outer, ...holes].flatMap((ring) => crossings(ring, outside, inwards)).sort((one, other) => one - other);
    for (let index = 0; index + 1 < met.length; index += 2) {
      const from = Math.max(0, met[index]);
      const to = Math.min(length, met[index + 1]);
      if (to > from && (!best || to - from > best.to - best.from)) best = { outside, from, to };
    }
  }
  return best;
}

function crossings(ring, [x, y], [dx, dy]) {
  const met = [];
  const side = (index) => (ring[index + 1] - y) * dx - (ring[index] - x) * dy;
  const along = (index) => (ring[index] - x) * dx + (ring[index + 1] - y) * dy;
  for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
    const [before, after] = [side(last), side(i)];
    if (before < 0 !== after < 0) met.push(along(last) + ((along(i) - along(last)) * before) / (before - after));
  }
  return met;
}
