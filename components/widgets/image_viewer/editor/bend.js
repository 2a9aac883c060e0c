/* Dragging a contour: handles along it that show what can be dragged, and a pull on any place of it that fades out
 * smoothly to both sides.
 *
 * handlesOf(ring)            → [{ x, y }] evenly along a ring [x, y, x, y, …]
 * gripOf(ring, point)        → { at, away }: how far along the ring its nearest place lies, and how far from the point;
 *                              null without a ring
 * bend(ring, grip, dx, dy)   → the ring with that place moved */
const HANDLES = 24;
const LEAST_APART_PX = 6;
const REACH = 2; // of the distance between two handles, to each side

function lengths(ring) {
  const reached = [0];
  for (let i = 2; i <= ring.length; i += 2) {
    const next = i % ring.length;
    reached.push(reached.at(-1) + Math.hypot(ring[next] - ring[i - 2], ring[next + 1] - ring[i - 1]));
  }
  return reached;
}

export function handlesOf(ring) {
  if (!ring) return [];
  const reached = lengths(ring);
  const whole = reached.at(-1);
  const count = Math.min(HANDLES, Math.floor(whole / LEAST_APART_PX));
  const handles = [];
  for (let i = 0; i < reached.length - 1 && handles.length < count; i += 1) {
    if (reached[i] >= (handles.length * whole) / count) handles.push({ x: ring[2 * i], y: ring[2 * i + 1] });
  }
  return handles;
}

export function gripOf(ring, { x, y }) {
  if (!ring) return null;
  let [nearest, away] = [0, Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    const distance = Math.hypot(ring[i] - x, ring[i + 1] - y);
    if (distance < away) [nearest, away] = [i / 2, distance];
  }
  return { at: lengths(ring)[nearest], away };
}

export function bend(ring, { at }, dx, dy) {
  const reached = lengths(ring);
  const whole = reached.at(-1);
  const reach = (REACH * whole) / HANDLES;
  return ring.map((value, index) => {
    const away = Math.abs(reached[index >> 1] - at);
    const share = Math.min(away, whole - away) / reach;
    return share >= 1 ? value : value + (index % 2 ? dy : dx) * Math.cos((share * Math.PI) / 2) ** 2;
  });
}
