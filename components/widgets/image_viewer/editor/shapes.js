/* Areas in a mask, their axis and their size: what backend/grading/measures/geometry.py is on the server.
 *
 * regions(mask, value)  → [{ outer, holes, area }], the largest first; rings are [x, y, x, y, …] in pixels, area in px
 * scaled(region, x, y)  → the same in millimetres
 * bounds(ring)          → { left, top, right, bottom }
 * within(ring, x, y)    → whether a point lies inside
 * principalAxis(ring)   → { centre, along, start, end }  the axis of least inertia, to the right; holes are filled */
import { rings } from "$/public/external/components/widgets/image_viewer/image_viewer/trace.js";

export function regions(mask, value) {
  const found = rings(mask, value);
  const areas = found.filter(({ area }) => area > 0).map(({ points, area }) => ({ outer: points, holes: [], area }));
  areas.sort((one, other) => other.area - one.area);
  for (const hole of found.filter(({ area }) => area < 0)) {
    const around = areas.findLast(({ outer }) => within(outer, hole.points[0], hole.points[1])); // the smallest of them
    around.holes.push(hole.points);
  }
  for (const area of areas) area.area -= area.holes.reduce((sum, hole) => sum + Math.abs(surface(hole)), 0);
  return areas.sort((one, other) => other.area - one.area);
}

export function surface(ring) {
  let twice = 0;
  for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
    twice += ring[last] * ring[i + 1] - ring[i] * ring[last + 1];
  }
  return twice / 2;
}

export function bounds(ring) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i < ring.length; i += 2) {
    box.left = Math.min(box.left, ring[i]);
    box.right = Math.max(box.right, ring[i]);
    box.top = Math.min(box.top, ring[i + 1]);
    box.bottom = Math.max(box.bottom, ring[i + 1]);
  }
  return box;
}

export function within(ring, x, y) {
  let inside = false;
  for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
    const [ax, ay, bx, by] = [ring[last], ring[last + 1], ring[i], ring[i + 1]];
    if (ay > y !== by > y && x < ax + ((bx - ax) * (y - ay)) / (by - ay)) inside = !inside;
  }
  return inside;
}

export function scaled({ outer, holes, area }, across, down) {
  const ring = (points) => points.map((value, index) => value * (index % 2 ? down : across));
  return { outer: ring(outer), holes: holes.map(ring), area: area * across * down };
}

export function principalAxis(ring) {
  const { centre, xx, xy, yy } = moments(ring);
  const angle = 0.5 * Math.atan2(2 * xy, xx - yy);
  const along = [Math.cos(angle), Math.sin(angle)];
  let [start, end] = [Infinity, -Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    const reach = (ring[i] - centre[0]) * along[0] + (ring[i + 1] - centre[1]) * along[1];
    start = Math.min(start, reach);
    end = Math.max(end, reach);
  }
  return { centre, along, start, end };
}

/* The centre of the area in a ring and its second moments about it (Green's theorem), whichever way it runs. */
function moments(ring) {
  const [nearX, nearY] = [ring[0], ring[1]]; // an origin close by, so that large coordinates cost no digits
  let [twice, x, y, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
  for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
    const [ax, ay, bx, by] = [ring[last] - nearX, ring[last + 1] - nearY, ring[i] - nearX, ring[i + 1] - nearY];
    const cross = ax * by - bx * ay;
    twice += cross;
    x += cross * (ax + bx);
    y += cross * (ay + by);
    xx += cross * (ax * ax + ax * bx + bx * bx);
    xy += cross * (ax * by + 2 * ax * ay + 2 * bx * by + bx * ay);
    yy += cross * (ay * ay + ay * by + by * by);
  }
  const area = twice / 2;
  const [cx, cy] = [x / (6 * area), y / (6 * area)];
  const about = (moment, distance) => (moment - area * distance) * Math.sign(area);
  return {
    centre: [cx + nearX, cy + nearY],
    xx: about(xx / 12, cx * cx),
    xy: about(xy / 24, cx * cy),
    yy: about(yy / 12, cy * cy),
  };
}
