/* Where an image lies in its window. All lengths are device pixels; scale is device pixels per image pixel, so 1 is the
 * image at its native resolution, whatever the density of the screen.
 *
 * view: { scale, x, y, fitted }  (x, y: the image's top left corner; fitted: follows the window's size)
 * image, room: { width, height } */
const DEEPEST = 16;
const SLACK = 48;

export const fitScale = (image, room) => Math.min(room.width / image.width, room.height / image.height);

export function limits(image, room) {
  const fit = fitScale(image, room);
  return { least: Math.min(fit, 1), most: Math.max(DEEPEST, fit * 4) };
}

const within = (value, low, high) => Math.max(low, Math.min(high, value));

/* Centred while smaller than the window; otherwise its edges stay within reach, clear of the tools that float there. */
function place(offset, length, room, slack) {
  if (length <= room) return (room - length) / 2;
  return within(offset, room - length - slack, slack);
}

export function settle(view, image, room, density = 1) {
  const slack = SLACK * density;
  const x = place(view.x, image.width * view.scale, room.width, slack);
  const y = place(view.y, image.height * view.scale, room.height, slack);
  const whole = Number.isInteger(view.scale);
  return { ...view, x: whole ? Math.round(x) : x, y: whole ? Math.round(y) : y };
}

export const fit = (image, room) => settle({ scale: fitScale(image, room), x: 0, y: 0, fitted: true }, image, room);

/* Zoom so that what is under `point` stays there. Close to 100 % it snaps, because there the image is sharpest. */
export function zoomAt(view, scale, point, image, room, density) {
  const { least, most } = limits(image, room);
  const wanted = within(Math.abs(scale - 1) < 0.02 ? 1 : scale, least, most);
  const ratio = wanted / view.scale;
  const moved = { scale: wanted, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio };
  return settle({ ...moved, fitted: wanted === fitScale(image, room) }, image, room, density);
}

export const panBy = (view, dx, dy, image, room, density) =>
  settle({ ...view, x: view.x + dx, y: view.y + dy }, image, room, density);

export const isZoomed = (view, image, room) => view.scale > fitScale(image, room) * 1.001;

/* A round length for the scale bar: the longest of 1, 2, 5 × 10^n mm that is at most `room_px` long. */
export function scaleBar(mm_per_device_px, room_px) {
  const longest_mm = mm_per_device_px * room_px;
  const power = 10 ** Math.floor(Math.log10(longest_mm));
  const length_mm = power * ([5, 2].find((step) => step * power <= longest_mm) ?? 1);
  const label = length_mm >= 10 ? `${length_mm / 10} cm` : `${length_mm} mm`;
  return { length_px: length_mm / mm_per_device_px, label };
}
