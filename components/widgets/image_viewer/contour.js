/* The outline of a mask as a path, so that it is two pixels wide and sharp at any zoom.
 *
 * outline(picture) → { path: Path2D, width, height } in the mask's own pixels.
 * traced(layer)    → the same from corners in pixels of the image; `open` for a line, which is not filled.
 * smooth(rings)    → the path of rings as trace.js gives them
 *
 * A pixel belongs to the mask when it is brighter than half of the brightest one: devices send 0/1, 0/255 or alpha. */
import { rings } from "$/public/external/components/widgets/image_viewer/image_viewer/trace.js";

const ROUND_FROM = 16; // corners; smaller specks keep their shape

export function outline(picture) {
  const mask = binary(picture);
  return { path: smooth(rings(mask, 1)), width: mask.width, height: mask.height };
}

export function traced({ corners, open = false }) {
  const path = new Path2D();
  corners.forEach(([x, y], index) => path[index ? "lineTo" : "moveTo"](x, y));
  if (!open) path.closePath();
  return { path, open, corners };
}

function binary(picture) {
  const width = picture.naturalWidth;
  const height = picture.naturalHeight;
  const sheet = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  sheet.drawImage(picture, 0, 0);
  const { data } = sheet.getImageData(0, 0, width, height);
  const light = new Float32Array(width * height);
  let brightest = 0;
  for (let i = 0; i < light.length; i += 1) {
    light[i] = (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) * data[4 * i + 3];
    brightest = Math.max(brightest, light[i]);
  }
  const classes = Uint8Array.from(light, (value) => (brightest > 0 && value > brightest / 2 ? 1 : 0));
  return { classes, width, height, box: { left: 0, top: 0, right: width, bottom: height } };
}

/* Through the mean of three neighbouring corners: a slope becomes a slope rather than a staircase, and moves by less
 * than a pixel. */
export function smooth(found) {
  const path = new Path2D();
  for (const { points } of found) {
    const count = points.length;
    const reach = count / 2 > ROUND_FROM ? 2 : 0;
    for (let at = 0; at < count; at += 2) {
      const [before, after] = [(at - reach + count) % count, (at + reach) % count];
      const mean = (axis) => (points[before + axis] + 2 * points[at + axis] + points[after + axis]) / 4;
      path[at ? "lineTo" : "moveTo"](mean(0), mean(1));
    }
    path.closePath();
  }
  return path;
}
