/* What of the image is seen: keeps the view, measures the window, paints once a frame.
 *
 * useCamera(surface, image, over, scene) → { percent, zoomed, bar, zoomIn(), zoomOut(), fit(), native(), stage }
 *   image, over  refs of the two canvases
 *   scene        { key, source, size, layers, opacity, mmPerPx } or null while there is nothing to show
 *   stage        what a tool works on, the same object all the time:
 *                at(point) → the same place in pixels of the image, scale() → CSS pixels an image pixel is long,
 *                redraw(), take(hand | null) → who gets the presses (gestures.js), mark(name, draw | null) → draw(sheet,
 *                view, density) over the layers, marks() → all of these, watch(hover(point | null)) */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { attach } from "$/public/external/components/widgets/image_viewer/image_viewer/gestures.js";
import { fit, isZoomed, panBy, scaleBar, settle, zoomAt } from "$/public/external/components/widgets/image_viewer/image_viewer/geometry.js";
import { paintImage, paintMarks } from "$/public/external/components/widgets/image_viewer/image_viewer/paint.js";

const STEP = 1.4;
const NEAR = 2.5;
const BAR_PX = 140;
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const ARROW_PX = 64;
const NOTHING = { percent: 0, zoomed: false, bar: null };

function reading({ size, mmPerPx }, view, room, density) {
  const bar = mmPerPx ? scaleBar(mmPerPx / view.scale, Math.min(BAR_PX * density, room.width / 3)) : null;
  return {
    percent: Math.round(view.scale * 100),
    zoomed: isZoomed(view, size, room),
    bar: bar && { width_px: Math.round(bar.length_px / density), label: bar.label },
  };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/* The tools' side of the camera. */
function useStage(now, draw) {
  return useMemo(() => ({
    at: ({ x, y }) => {
      const { view, density } = now.current;
      return { x: (x * density - view.x) / view.scale, y: (y * density - view.y) / view.scale };
    },
    scale: () => now.current.view.scale / now.current.density,
    redraw: draw,
    take: (hand) => { now.current.hand = hand; },
    mark: (name, paint) => {
      if (paint) now.current.marks.set(name, paint);
      else now.current.marks.delete(name);
      draw();
    },
    marks: () => now.current.marks,
    watch: (hover) => { now.current.hover = hover; },
  }), []);
}

/* The window in device pixels. The browser knows them exactly; where what it says cannot be right they are reckoned. */
function roomOf({ contentRect, devicePixelContentBoxSize: exact }, density) {
  const side = (length, told) => {
    const reckoned = Math.max(1, Math.round(length * density));
    return told && Math.abs(told - reckoned) <= 1 ? told : reckoned;
  };
  return { width: side(contentRect.width, exact?.[0].inlineSize), height: side(contentRect.height, exact?.[0].blockSize) };
}

/* The canvases are as many device pixels as the window has, whatever the screen's density. */
function useRoom(surface, canvases, now, look, draw) {
  useEffect(() => {
    const measure = ([entry]) => {
      const density = window.devicePixelRatio || 1;
      const room = roomOf(entry, density);
      for (const canvas of canvases) if (canvas.current) Object.assign(canvas.current, room);
      Object.assign(now.current, { room, density, painted: null });
      look((view, size) => (!view || view.fitted ? fit(size, room) : settle(view, size, room, density)));
      draw();
    };
    const observer = new ResizeObserver(measure);
    observer.observe(surface.current);
    return () => observer.disconnect();
  }, []);
}

/* What hands and arrows do. They are heard as long as the surface is there, whatever is shown. */
function useHands(surface, now, moves) {
  useEffect(() => {
    const hand = () => (now.current.scene ? now.current.hand : null);
    const hover = (point) => {
      if (!now.current.scene || !now.current.view) return;
      now.current.pointer = point;
      now.current.hand?.hover?.(point);
      now.current.hover?.(point);
    };
    return attach(surface.current, { ...moves, hand, hover });
  }, []);
  useEffect(() => {
    const down = (event) => {
      const arrow = ARROWS[event.key];
      const { scene, view, room } = now.current;
      if (!arrow || !scene || event.altKey || event.ctrlKey || event.metaKey || !isZoomed(view, scene.size, room)) return;
      event.preventDefault();
      moves.pan(arrow[0] * ARROW_PX, arrow[1] * ARROW_PX);
    };
    const target = surface.current;
    target.addEventListener("keydown", down);
    return () => target.removeEventListener("keydown", down);
  }, []);
}

/* One frame. The image is painted only where something of it has changed. */
function paintFrame({ scene, view, density, painted, marks }, image, over) {
  if (!painted || painted.view !== view || painted.source !== scene?.source) paintImage(image, { ...(scene ?? {}), view });
  paintMarks(over, { ...(scene ?? {}), view, density, marks: scene ? marks.values() : [] });
  image.dataset.zoom = scene ? String(view.scale) : "";
  image.dataset.at = scene ? `${Math.round(view.x)},${Math.round(view.y)}` : "";
  return { view, source: scene?.source };
}

/* The ways to look at the image, each of them a change of the view. */
function movesOf(now, look) {
  const zoomTo = (scale, at) => look((view, size, room, density) => {
    const point = at ? { x: at.x * density, y: at.y * density } : { x: room.width / 2, y: room.height / 2 };
    return zoomAt(view, scale(view.scale), point, size, room, density);
  });
  const fitted = () => look((_view, size, room) => fit(size, room));
  const toggle = (at) => {
    const { scene, view, room } = now.current;
    if (!scene) return;
    if (isZoomed(view, scene.size, room)) fitted();
    else zoomTo((scale) => Math.max(1, scale * NEAR), at);
  };
  const zoom = (factor, at) => zoomTo((scale) => scale * factor, at);
  const pan = (dx, dy) => look((view, size, room, density) => panBy(view, dx * density, dy * density, size, room, density));
  const native = () => zoomTo(() => 1, now.current.pointer);
  return { pan, zoom, toggle, fit: fitted, native };
}

export function useCamera(surface, image, over, scene) {
  const now = useRef({ scene, view: null, room: null, density: 1, frame: 0, painted: null, hand: null, hover: null, pointer: null, marks: new Map() });
  const [read, setRead] = useState(NOTHING);

  const draw = useCallback(() => {
    now.current.frame ||= requestAnimationFrame(() => {
      const { scene: what, view, room, density } = now.current;
      now.current.frame = 0;
      if (!image.current || !room || (what && !view)) return; // gone already, or not yet measured and fitted
      now.current.painted = paintFrame(now.current, image.current, over.current);
      const next = what ? reading(what, view, room, density) : NOTHING;
      setRead((before) => (same(before, next) ? before : next));
    });
  }, []);
  const look = useCallback((change) => {
    const { scene: what, room, density, view } = now.current;
    if (!what || !room) return;
    now.current.view = change(view, what.size, room, density);
    draw();
  }, []);
  const moves = useMemo(() => movesOf(now, look), []);

  now.current.scene = scene;
  const { width, height } = scene?.size ?? {};
  const stage = useStage(now, draw);
  useEffect(moves.fit, [scene?.key, width, height]);
  useEffect(draw);
  useRoom(surface, [image, over], now, look, draw);
  useHands(surface, now, moves);

  const { zoom, fit: whole, native } = moves;
  return { ...read, zoomIn: () => zoom(STEP, now.current.pointer), zoomOut: () => zoom(1 / STEP, now.current.pointer), fit: whole, native, stage };
}
