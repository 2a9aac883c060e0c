/* Hands on the image: drag, pinch, wheel, double tap. Points are CSS pixels from the surface's top left corner.
 *
 * attach(surface, { pan(dx, dy), zoom(factor, point), toggle(point), hand(), hover(point | null) }) → detach()
 *
 * A tool takes the first finger, the main button or the pen: hand() gives { down, move, up (point, event), cancel(),
 * wheel(event, point) → whether it was meant for the tool } or null. Two fingers and the middle button always move the
 * image; once a pen has touched the image, fingers only move it, so that a resting palm draws nothing. */
const TAP_MS = 300;
const TAP_PX = 8;
const SECOND_TAP_PX = 32;
const LINE_PX = 16;
const WHEEL = 0.0016;
const TRACKPAD_PINCH = 0.01;
const MIDDLE = 1;

export function attach(surface, camera) {
  const fingers = new Map();
  let tool = null;
  let penned = false;
  let travelled = 0;
  let pressed = 0;
  let tapped = { time: 0, x: 0, y: 0 };

  const at = (event) => {
    const box = surface.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const steps = (event) => {
    const between = event.getCoalescedEvents?.() ?? [];
    return between.length ? between : [event];
  };
  const drops = () => {
    tool?.cancel();
    tool = null;
  };
  const down = (event) => {
    if (event.button !== 0 && event.button !== MIDDLE) return;
    if (event.button === MIDDLE) event.preventDefault();
    surface.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    travelled = fingers.size > 1 ? Infinity : 0;
    pressed = event.timeStamp;
    penned ||= event.pointerType === "pen";
    if (fingers.size > 1) drops();
    else if (event.button === 0 && !(penned && event.pointerType === "touch")) tool = camera.hand();
    tool?.down(at(event), event);
  };
  const move = (event) => {
    const before = fingers.get(event.pointerId);
    camera.hover(event.pointerType === "touch" && !tool ? null : at(event));
    if (!before) return;
    const now = at(event);
    fingers.set(event.pointerId, now);
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (tool) steps(event).forEach((one) => tool.move(at(one), one));
    else if (fingers.size === 1) camera.pan(now.x - before.x, now.y - before.y);
    else pinch(before, now, [...fingers].find(([id]) => id !== event.pointerId)[1]);
  };
  const pinch = (before, now, other) => {
    const apart = (point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    camera.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    camera.zoom(apart(now) / apart(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
  };
  const up = (event) => {
    const known = fingers.delete(event.pointerId);
    if (known && tool) {
      tool.up(at(event), event);
      tool = null;
      return;
    }
    if (!known || travelled > TAP_PX || event.timeStamp - pressed > TAP_MS) return;
    const tap = { time: event.timeStamp, ...at(event) };
    const again = tap.time - tapped.time < TAP_MS && Math.hypot(tap.x - tapped.x, tap.y - tapped.y) < SECOND_TAP_PX;
    tapped = again ? { time: 0, x: 0, y: 0 } : tap;
    if (again) camera.toggle(tap);
  };
  const cancel = (event) => {
    fingers.delete(event.pointerId);
    drops();
  };
  const wheel = (event) => {
    event.preventDefault();
    if (camera.hand()?.wheel?.(event, at(event))) return;
    const px = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1);
    camera.zoom(Math.exp(-px * (event.ctrlKey ? TRACKPAD_PINCH : WHEEL)), at(event));
  };
  const leave = () => camera.hover(null);

  const listeners = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: cancel, pointerleave: leave, wheel };
  for (const [name, listener] of Object.entries(listeners)) surface.addEventListener(name, listener, { passive: false });
  return () => {
    for (const [name, listener] of Object.entries(listeners)) surface.removeEventListener(name, listener);
  };
}
