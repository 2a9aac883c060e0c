/* What hands do to a mask: brush and eraser, filling, dragging the contour, drawing round an area.
 *
 * hands(stage, mask, pen, changed) → { brush, fill, contour }, each for stage.take(); `draw` of one paints its aids
 *   pen()       { value, erase, radius, grow(factor) }: the class that is drawn and the radius in pixels of the image
 *   changed(done)  pixels are other ones; `done` when a step is complete
 *
 * Ribeye covers fat, fat leaves the ribeye alone, and the eraser takes only the class that is drawn. */
import { dot, stroke } from "$/public/external/components/widgets/image_viewer/image_viewer/paint.js";
import { bend, gripOf, handlesOf } from "$/public/external/components/widgets/image_viewer/editor/editor/bend.js";
import { capsule, fillRing } from "$/public/external/components/widgets/image_viewer/editor/editor/raster.js";
import { regions } from "$/public/external/components/widgets/image_viewer/editor/editor/shapes.js";
import { flood } from "$/public/external/components/widgets/image_viewer/editor/editor/flood.js";

const FAT = 2;
const GRASP_PX = 22;
const WHEEL_STEP = 1.12;
const AID = "#ffffff";

export function hands(stage, mask, pen, changed) {
  const rows = ({ value, erase }) => (y, from, to) => {
    if (erase) mask.put(y, from, to, 0, value);
    else mask.put(y, from, to, value, value === FAT ? 0 : null);
  };
  const finish = () => changed(mask.commit());
  const cancel = () => {
    mask.revert();
    changed(false);
  };
  return {
    brush: brush(stage, mask, pen, rows, changed, finish, cancel),
    fill: filling(stage, mask, pen, rows, finish),
    contour: contour(stage, mask, pen, rows, changed, finish, cancel),
  };
}

function brush(stage, mask, pen, rows, changed, finish, cancel) {
  let last = null;
  let over = null;
  const stamp = (point) => {
    const now = stage.at(point);
    capsule(last ?? now, now, pen().radius, mask.height, rows(pen()));
    [last, over] = [now, now];
    changed(false);
  };
  return {
    down: (point) => {
      last = null;
      stamp(point);
    },
    move: stamp,
    up: finish,
    cancel,
    wheel: (event) => {
      if (!event.altKey && !event.shiftKey) return false;
      pen().grow((event.deltaY || event.deltaX) < 0 ? WHEEL_STEP : 1 / WHEEL_STEP);
      return true;
    },
    hover: (point) => {
      over = point && stage.at(point);
      stage.redraw();
    },
    draw: (sheet, view, density) => {
      if (!over) return;
      const path = new Path2D();
      path.arc(view.x + over.x * view.scale, view.y + over.y * view.scale, pen().radius * view.scale, 0, 2 * Math.PI);
      sheet.setLineDash(pen().erase ? [4 * density, 4 * density] : []);
      stroke(sheet, path, AID, density / 2);
      sheet.setLineDash([]);
    },
  };
}

function filling(stage, mask, pen, rows, finish) {
  return {
    down: (point) => {
      const { x, y } = stage.at(point);
      const area = flood(mask, Math.floor(x), Math.floor(y));
      if (area) area.forEach(([row, from, to]) => rows(pen())(row, from, to));
      else window.dispatchEvent(new CustomEvent("cti:toast", { detail: { tone: "info", text: "Nothing is closed here: the area reaches the edge of the image." } }));
      finish();
    },
    move: () => undefined,
    up: () => undefined,
    cancel: () => undefined,
  };
}

function contour(stage, mask, pen, rows, changed, finish, cancel) {
  let drag = null; // { ring, grip, from } while the contour is bent
  let lasso = null; // [x, y, …] while an area is drawn round
  let shown = [];
  const handles = () => handlesOf(regions(mask, pen().value)[0]?.outer);
  const bent = (point) => {
    const now = stage.at(point);
    mask.revert();
    exchange(mask, drag.ring, bend(drag.ring, drag.grip, now.x - drag.from.x, now.y - drag.from.y), rows(pen()), pen().value);
    shown = [now];
  };
  const end = () => {
    [drag, lasso] = [null, null];
    shown = handles();
    stage.redraw();
  };
  return {
    prepare: end,
    down: (point) => {
      const from = stage.at(point);
      const ring = regions(mask, pen().value)[0]?.outer;
      const grip = gripOf(ring, from);
      if (grip && grip.away * stage.scale() < GRASP_PX) drag = { ring, grip, from };
      else lasso = [from.x, from.y];
    },
    move: (point) => {
      if (drag) bent(point);
      else lasso.push(...Object.values(stage.at(point)));
      changed(false);
    },
    up: () => {
      if (lasso && lasso.length > 4) fillRing(lasso, mask.height, rows(pen()));
      finish();
      end();
    },
    cancel: () => {
      cancel();
      end();
    },
    draw: (sheet, view, density) => {
      for (const handle of shown) drawHandle(sheet, view, density, handle);
      if (lasso) drawWay(sheet, view, density, lasso);
    },
  };
}

function drawHandle(sheet, view, density, { x, y }) {
  const place = [view.x + x * view.scale, view.y + y * view.scale];
  dot(sheet, place, "rgb(0 0 0 / 0.7)", density, 6);
  dot(sheet, place, AID, density, 4.5);
}

function drawWay(sheet, view, density, points) {
  const path = new Path2D();
  for (let at = 0; at < points.length; at += 2) path.lineTo(view.x + points[at] * view.scale, view.y + points[at + 1] * view.scale);
  stroke(sheet, path, AID, density);
}

/* Put what only the new ring holds, take what only the old one held; what both hold stays, holes included. */
function exchange(mask, before, after, put, value) {
  const [old, next] = [rowsOf(before, mask.height), rowsOf(after, mask.height)];
  for (const y of new Set([...old.keys(), ...next.keys()])) {
    const [was, is] = [old.get(y) ?? [], next.get(y) ?? []];
    for (const [from, to] of without(is, was)) put(y, from, to);
    for (const [from, to] of without(was, is)) mask.put(y, from, to, 0, value);
  }
}

function rowsOf(ring, height) {
  const rows = new Map();
  fillRing(ring, height, (y, from, to) => rows.set(y, [...(rows.get(y) ?? []), [from, to]]));
  return rows;
}

/* The pixels of some stretches that no stretch of the others holds. */
function without(stretches, others) {
  return others.reduce(
    (left, [from, to]) => left.flatMap(([first, last]) => [[first, Math.min(last, from - 1)], [Math.max(first, to + 1), last]].filter(([a, b]) => a <= b)),
    stretches,
  );
}
