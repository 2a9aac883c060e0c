/* The caliper: a line between two points of the image and how long it is. Its ends can be moved afterwards.
 *
 * caliper(stage, scale, tell) → { hand, draw, line(), clear() }
 *   scale()      { across, down, unit, digits }: what a pixel is long, in the unit that is told
 *   tell(words)  the length has changed; empty when the line is gone */
import { dot, label, stroke } from "$/public/external/components/widgets/image_viewer/image_viewer/paint.js";

const GRASP_PX = 22;
const SHORTEST_PX = 3;
const COLOR = "#ffffff";

export function lengthWords([from, to], { across, down, unit, digits }) {
  return `${Math.hypot((to.x - from.x) * across, (to.y - from.y) * down).toFixed(digits)} ${unit}`;
}

export function drawLine(sheet, view, density, ends, words) {
  const [from, to] = ends.map(({ x, y }) => [view.x + x * view.scale, view.y + y * view.scale]);
  const path = new Path2D();
  path.moveTo(...from);
  path.lineTo(...to);
  stroke(sheet, path, COLOR, density);
  for (const end of [from, to]) dot(sheet, end, COLOR, density, 5);
  label(sheet, words, [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2], COLOR, density);
}

export function caliper(stage, scale, tell) {
  let ends = null;
  let held = 0;
  const change = (next) => {
    ends = next;
    tell(ends ? lengthWords(ends, scale()) : "");
    stage.redraw();
  };
  const put = (point) => change(ends.with(held, stage.at(point)));
  const near = (point) => {
    const place = stage.at(point);
    const away = (end) => Math.hypot(end.x - place.x, end.y - place.y) * stage.scale();
    return ends ? ends.findIndex((end) => away(end) < GRASP_PX) : -1;
  };
  const hand = {
    down: (point) => {
      held = near(point);
      if (held >= 0) return;
      held = 1;
      change([stage.at(point), stage.at(point)]);
    },
    move: put,
    up: (point) => {
      put(point);
      const [from, to] = ends;
      if (Math.hypot(to.x - from.x, to.y - from.y) * stage.scale() < SHORTEST_PX) change(null);
    },
    cancel: () => change(null),
  };
  const draw = (sheet, view, density) => ends && drawLine(sheet, view, density, ends, lengthWords(ends, scale()));
  return { hand, draw, line: () => ends, clear: () => change(null) };
}
