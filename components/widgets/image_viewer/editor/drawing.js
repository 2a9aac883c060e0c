/* The mask that is being drawn, its tools, and what it measures at this moment.
 *
 * useDrawing({ stage, scanId, baseId, size, calibration, opacity, hidden }) →
 *   { failed, ready, reading, changed, steps: { undo, redo }, tool, choose(tool), value, setValue(class), radius,
 *     resize(radius), grow(factor), undo(), redo(), mask, base, saved() }
 *   tool    "brush", "eraser", "contour", "fill" or "pan"
 *   reading what measure.js says, null where there is no ribeye
 *
 * Outlines and measures follow the hand: once a frame, or as often as a large image can be traced. */
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { smooth } from "$/public/external/components/widgets/image_viewer/image_viewer/contour.js";
import { fill, stroke } from "$/public/external/components/widgets/image_viewer/image_viewer/paint.js";
import { findBase } from "$/public/external/components/widgets/image_viewer/editor/editor/base.js";
import { hands } from "$/public/external/components/widgets/image_viewer/editor/editor/hands.js";
import { Mask } from "$/public/external/components/widgets/image_viewer/editor/editor/mask.js";
import { measure } from "$/public/external/components/widgets/image_viewer/editor/editor/measure.js";
import { regions } from "$/public/external/components/widgets/image_viewer/editor/editor/shapes.js";

export const RIBEYE = 1;
export const FAT = 2;
const COLORS = { [RIBEYE]: "var(--layer-correction)", [FAT]: "var(--layer-fat)" };
const LINE_COLOR = "#f4f7f5";
const USUAL_SHARE = 1 / 40;
const LARGEST_SHARE = 1 / 6;
const REST = 2; // times as long as tracing took, so that drawing stays smooth

const pathOf = (areas) => smooth(areas.flatMap(({ outer, holes }) => [outer, ...holes]).map((points) => ({ points })));

function colorOf(value) {
  const [, name] = COLORS[value].match(/\((.+)\)/);
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/* Paints the drawn outlines and the line the backfat is read along. */
function painter(work, look) {
  const colors = { [RIBEYE]: colorOf(RIBEYE), [FAT]: colorOf(FAT) };
  return (sheet, view, density) => {
    if (look.current.hidden) return;
    for (const value of [FAT, RIBEYE]) {
      const path = new Path2D();
      path.addPath(work.paths[value], new DOMMatrix([view.scale, 0, 0, view.scale, view.x, view.y]));
      fill(sheet, path, colors[value], look.current.opacity);
      stroke(sheet, path, colors[value], density);
    }
    if (!work.line) return;
    const line = new Path2D();
    for (const [x, y] of work.line) line.lineTo(view.x + x * view.scale, view.y + y * view.scale);
    stroke(sheet, line, LINE_COLOR, density);
  };
}

/* Traces and measures, as soon as there is time for it. */
function tracer(work, calibration, stage, tell) {
  let timer = 0;
  let rested = 0;
  const trace = () => {
    const began = performance.now();
    timer = 0;
    const [ribeye, fat] = [regions(work.mask, RIBEYE), regions(work.mask, FAT)];
    work.paths = { [RIBEYE]: pathOf(ribeye), [FAT]: pathOf(fat) };
    const reading = measure(ribeye, fat, calibration);
    work.line = reading?.line;
    tell(reading);
    stage.redraw();
    const now = performance.now();
    rested = now + REST * (now - began);
  };
  const follow = () => {
    timer ||= setTimeout(() => requestAnimationFrame(trace), Math.max(0, rested - performance.now()));
  };
  return { trace, follow, stop: () => clearTimeout(timer) };
}

export function useDrawing({ stage, scanId, baseId, size, calibration, opacity, hidden }) {
  const work = useRef(null);
  const [failed, fail] = useState(false);
  const [reading, setReading] = useState(undefined);
  const [tool, setTool] = useState("brush");
  const [value, setValue] = useState(RIBEYE);
  const [radius, setRadius] = useState(Math.max(1, Math.round(size.width * USUAL_SHARE)));
  const [, again] = useReducer((count) => count + 1, 0);
  const look = useRef({});
  look.current = { opacity, hidden };
  const largest = Math.round(size.width * LARGEST_SHARE);
  const resize = useCallback((wanted) => setRadius(Math.max(1, Math.min(largest, wanted))), [largest]);
  const grow = useCallback((factor) => setRadius((now) => Math.max(1, Math.min(largest, factor > 1 ? Math.ceil(now * factor) : Math.floor(now * factor)))), [largest]);
  const pen = useRef({});
  pen.current = { value, erase: tool === "eraser", radius, grow };

  useEffect(() => {
    let here = true;
    findBase(scanId, baseId, size).then((base) => {
      if (!here) return;
      const mask = new Mask(base);
      const made = { mask, base };
      const follower = tracer(made, calibration, stage, setReading);
      const changed = (done) => {
        follower.follow();
        if (done) again();
      };
      work.current = Object.assign(made, follower, { hands: hands(stage, mask, () => pen.current, changed) });
      follower.trace();
      stage.mark("drawing", painter(made, look));
    }, () => here && fail(true));
    return () => {
      here = false;
      work.current?.stop();
      stage.mark("drawing", null);
    };
  }, [scanId]);

  const ready = reading !== undefined;
  useEffect(() => {
    const hand = work.current?.hands[tool === "eraser" ? "brush" : tool];
    hand?.prepare?.();
    stage.take(hand ?? null);
    stage.mark("aids", hand?.draw ?? null);
    return () => {
      stage.take(null);
      stage.mark("aids", null);
    };
  }, [ready, tool, value]);
  useEffect(stage.redraw, [opacity, hidden, radius]);

  const step = (way) => {
    if (!work.current?.mask[way]()) return;
    work.current.trace();
    work.current.hands.contour.prepare();
    again();
  };
  const { mask, base } = work.current ?? {};
  return {
    failed, ready, reading, tool, choose: setTool, value, setValue, radius, largest, resize, grow, mask, base,
    changed: Boolean(mask?.changed), steps: { undo: Boolean(mask?.done.length), redo: Boolean(mask?.undone.length) },
    undo: () => step("undo"), redo: () => step("redo"), saved: () => mask.saved(),
  };
}
