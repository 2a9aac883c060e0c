/* The outlines of a mask, as the server traces them: through the middles of the cracks between pixels, so that an edge
 * lies half-way between two pixel centres. Pixels that only touch at a corner are apart.
 *
 * rings(mask, value) → [{ points: [x, y, x, y, …], area }]  area in pixels, negative for a hole
 *   mask { classes, width, height, box }  box { left, top, right, bottom }: where to look, the edges right and bottom
 *                                         beyond the last pixel */
const HEADINGS = [[1, 0], [0, 1], [-1, 0], [0, -1]]; // right, down, left, up; the mask lies on the right hand
const AHEAD = [[0, -1, 0, 0], [0, 0, -1, 0], [-1, 0, -1, -1], [-1, -1, 0, -1]]; // the pixels ahead: on the left, on the right

export function rings({ classes, width, height, box }, value) {
  const has = (x, y) => x >= 0 && y >= 0 && x < width && y < height && classes[y * width + x] === value;
  const seen = new Set();
  const found = [];
  for (let y = box.top; y < box.bottom; y += 1) {
    const row = y * width;
    for (let x = box.left; x < box.right; x += 1) {
      if (classes[row + x] !== value || (y > 0 && classes[row - width + x] === value) || seen.has(row + x)) continue;
      found.push(follow(x, y, has, seen, width));
    }
  }
  return found;
}

/* Walk along the cracks, from the top edge of (x, y) until back there. */
function follow(startX, startY, has, seen, width) {
  const points = [];
  let [x, y, heading] = [startX, startY, 0];
  let area = 0;
  do {
    if (heading === 0) seen.add(y * width + x);
    const [dx, dy] = HEADINGS[heading];
    points.push(x + dx / 2, y + dy / 2);
    [x, y] = [x + dx, y + dy];
    const [leftX, leftY, rightX, rightY] = AHEAD[heading];
    if (!has(x + rightX, y + rightY)) heading = (heading + 1) % 4;
    else if (has(x + leftX, y + leftY)) heading = (heading + 3) % 4;
  } while (x !== startX || y !== startY || heading !== 0);
  for (let i = 0, last = points.length - 2; i < points.length; last = i, i += 2) {
    area += points[last] * points[i + 1] - points[i] * points[last + 1];
  }
  return { points, area: area / 2 };
}
