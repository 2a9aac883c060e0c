/* One frame of the viewer: the image on the lower canvas, outlines and tools on the upper one. Nothing else knows how it
 * looks. The image has a canvas of its own so that brightness and contrast change it and not what lies over it.
 *
 * Zoomed to twice its size or more a pixel is shown as a square: what the probe saw, not what a filter made of it. */
const SQUARES_FROM = 2;
const LINE_PX = 2;
const TEXT_PX = 14;
const HAIRS_OPEN_PX = 8;

export function paintImage(canvas, { source, size, view }) {
  const sheet = cleared(canvas);
  if (!source) return;
  sheet.imageSmoothingEnabled = view.scale < SQUARES_FROM;
  sheet.imageSmoothingQuality = "high";
  source.draw(sheet, view, size, canvas);
}

export function paintMarks(canvas, { size, view, layers = [], opacity, marks, density }) {
  const sheet = cleared(canvas);
  for (const layer of layers) overlay(sheet, layer, size, view, opacity, density);
  for (const draw of marks) draw(sheet, view, density);
}

function cleared(canvas) {
  const sheet = canvas.getContext("2d");
  sheet.setTransform(1, 0, 0, 1, 0, 0);
  sheet.clearRect(0, 0, canvas.width, canvas.height);
  return sheet;
}

export function overlay(sheet, { contour, color, text }, size, view, opacity, density) {
  const across = (size.width / (contour.width ?? size.width)) * view.scale;
  const down = (size.height / (contour.height ?? size.height)) * view.scale;
  const path = new Path2D();
  path.addPath(contour.path, new DOMMatrix([across, 0, 0, down, view.x, view.y]));
  if (!contour.open) fill(sheet, path, color, opacity);
  stroke(sheet, path, color, density);
  if (!contour.open || contour.corners.length < 2) return;
  const ends = [contour.corners[0], contour.corners.at(-1)].map(([x, y]) => [view.x + x * view.scale, view.y + y * view.scale]);
  for (const end of ends) dot(sheet, end, color, density);
  if (text) label(sheet, text, ends[0].map((value, axis) => (value + ends[1][axis]) / 2), color, density);
}

export function stroke(sheet, path, color, density) {
  sheet.strokeStyle = color;
  sheet.lineWidth = LINE_PX * density;
  sheet.lineJoin = "round";
  sheet.lineCap = "round";
  sheet.stroke(path);
}

export function fill(sheet, path, color, opacity) {
  sheet.fillStyle = color;
  sheet.globalAlpha = opacity;
  sheet.fill(path, "evenodd");
  sheet.globalAlpha = 1;
}

export function dot(sheet, [x, y], color, density, radius = 4) {
  sheet.beginPath();
  sheet.arc(x, y, radius * density, 0, 2 * Math.PI);
  sheet.fillStyle = color;
  sheet.fill();
}

/* Lines through a place (CSS pixels) over the whole window, thin ones on dark ones, with what they meet at left open. */
export function hairs(sheet, { x, y }, density) {
  const [left, top, open] = [Math.round(x * density) + 0.5, Math.round(y * density) + 0.5, HAIRS_OPEN_PX * density];
  const path = new Path2D();
  for (const [from, to] of [[0, left - open], [left + open, sheet.canvas.width]]) {
    path.moveTo(from, top);
    path.lineTo(to, top);
  }
  for (const [from, to] of [[0, top - open], [top + open, sheet.canvas.height]]) {
    path.moveTo(left, from);
    path.lineTo(left, to);
  }
  for (const [color, width] of [["rgb(0 0 0 / 0.55)", 3], ["#ffffff", 1]]) {
    sheet.strokeStyle = color;
    sheet.lineWidth = width * density;
    sheet.stroke(path);
  }
}

/* Words beside a place, readable on any grey. */
export function label(sheet, text, [x, y], color, density) {
  sheet.font = `600 ${TEXT_PX * density}px Inter, sans-serif`;
  sheet.textBaseline = "middle";
  sheet.lineJoin = "round";
  sheet.lineWidth = 4 * density;
  sheet.strokeStyle = "rgb(0 0 0 / 0.75)";
  sheet.strokeText(text, x + 10 * density, y);
  sheet.fillStyle = color;
  sheet.fillText(text, x + 10 * density, y);
}
