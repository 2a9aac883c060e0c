/* Shapes as rows of pixels. A pixel belongs to a shape when its centre does.
 *
 * fillRing(ring, height, row(y, from, to))              the inside of a ring [x, y, x, y, …], even-odd; `to` is inclusive
 * capsule(from, to, radius, height, row(y, from, to))   everything within `radius` of the way between two points */
export function fillRing(ring, height, row) {
  const crossings = new Map();
  for (let i = 0, last = ring.length - 2; i < ring.length; last = i, i += 2) {
    const [ax, ay, bx, by] = [ring[last], ring[last + 1], ring[i], ring[i + 1]];
    const first = Math.max(0, Math.ceil(Math.min(ay, by) - 0.5));
    const end = Math.min(height, Math.ceil(Math.max(ay, by) - 0.5));
    for (let y = first; y < end; y += 1) {
      if (!crossings.has(y)) crossings.set(y, []);
      crossings.get(y).push(ax + ((bx - ax) * (y + 0.5 - ay)) / (by - ay));
    }
  }
  for (const [y, met] of crossings) {
    met.sort((one, other) => one - other);
    for (let index = 0; index + 1 < met.length; index += 2) centres(y, met[index], met[index + 1], row);
  }
}

export function capsule(from, to, radius, height, row) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const side = { x: ((from.y - to.y) / length) * radius, y: ((to.x - from.x) / length) * radius };
  const corners = [
    [from.x + side.x, from.y + side.y], [to.x + side.x, to.y + side.y],
    [to.x - side.x, to.y - side.y], [from.x - side.x, from.y - side.y],
  ];
  const first = Math.max(0, Math.ceil(Math.min(from.y, to.y) - radius - 0.5));
  const last = Math.min(height - 1, Math.floor(Math.max(from.y, to.y) + radius - 0.5));
  for (let y = first; y <= last; y += 1) {
    const reach = [...disc(from, radius, y + 0.5), ...disc(to, radius, y + 0.5), ...between(corners, y + 0.5)];
    if (reach.length) centres(y, Math.min(...reach), Math.max(...reach), row);
  }
}

function centres(y, from, to, row) {
  const [first, last] = [Math.ceil(from - 0.5), Math.ceil(to - 0.5) - 1];
  if (last >= first) row(y, first, last);
}

function disc({ x, y }, radius, height) {
  const half = radius ** 2 - (height - y) ** 2;
  return half < 0 ? [] : [x - Math.sqrt(half), x + Math.sqrt(half)];
}

function between(corners, height) {
  return corners.flatMap(([bx, by], index) => {
    const [ax, ay] = corners.at(index - 1);
    return ay > height !== by > height ? [ax + ((bx - ax) * (height - ay)) / (by - ay)] : [];
  });
}
