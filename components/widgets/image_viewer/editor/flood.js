/* The area of equal pixels around one, as far as they touch by their sides.
 *
 * flood(mask, x, y) → [[y, from, to], …] rows of pixels, `to` inclusive; null where the area reaches the image's edge */
export function flood({ classes, width, height }, x, y) {
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const wanted = classes[y * width + x];
  const is = (column, row) => classes[row * width + column] === wanted;
  const seen = new Set();
  const rows = [];
  const waiting = [[x, y]];
  while (waiting.length) {
    const [column, row] = waiting.pop();
    let from = column;
    while (from > 0 && is(from - 1, row)) from -= 1;
    if (seen.has(row * width + from)) continue;
    seen.add(row * width + from);
    let to = column;
    while (to < width - 1 && is(to + 1, row)) to += 1;
    if (from === 0 || to === width - 1 || row === 0 || row === height - 1) return null;
    rows.push([row, from, to]);
    for (const next of [row - 1, row + 1]) {
      for (let at = from; at <= to; at += 1) if (is(at, next) && (at === from || !is(at - 1, next))) waiting.push([at, next]);
    }
  }
  return rows;
}
