/* A panel that opens under the control that owns it: the browser's own popover, so Esc and a press elsewhere close it.
 *
 * Props:  name (unique on the page), label (name of the panel), trigger (what is on the button), buttonClass,
 *         className, align ("start" | "end"), children
 * The panel is placed when it opens and kept inside the window. A press on a link or [data-close] closes it. What is in
 * it is drawn when it is first opened, and stays: a page has several that nobody opens. */
import { useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";

const GAP = 6;
const MARGIN = 8;

function place(button, panel, align) {
  const at = button.getBoundingClientRect();
  const size = panel.getBoundingClientRect();
  const below = at.bottom + GAP + size.height <= window.innerHeight - MARGIN;
  const left = align === "end" ? at.right - size.width : at.left;
  panel.style.left = `${Math.max(MARGIN, Math.min(left, window.innerWidth - size.width - MARGIN))}px`;
  panel.style.top = `${below ? at.bottom + GAP : Math.max(MARGIN, at.top - GAP - size.height)}px`;
}

export function Popover({ name, label, trigger, buttonClass = "", className = "", align = "start", children }) {
  const button = useRef(null);
  const panel = useRef(null);
  const [drawn, setDrawn] = useState(false);
  const draw = () => flushSync(() => setDrawn(true));
  useEffect(() => {
    if (!panel.current.matches(":popover-open")) return; /* opened before the page was awake */
    setDrawn(true);
    requestAnimationFrame(() => panel.current && place(button.current, panel.current, align));
  }, []);
  const toggled = (event) => {
    const open = event.newState === "open";
    button.current.setAttribute("aria-expanded", String(open));
    if (open) place(button.current, panel.current, align);
  };
  const press = (event) => {
    if (event.target.closest("a, [data-close]")) panel.current.hidePopover();
  };
  return (
    <>
      <button ref={button} type="button" className={buttonClass} aria-label={label} aria-expanded="false" popoverTarget={name}>
        {trigger}
      </button>
      <div ref={panel} id={name} popover="auto" className={className} role="group" aria-label={label} onClick={press}
        onBeforeToggle={(event) => event.newState === "open" && draw()} onToggle={toggled}>
        {drawn ? children : null}
      </div>
    </>
  );
}
