/* Short messages in the corner: what was done, what went wrong.
 *
 * Props:  toasts    [{id, tone, text}], newest last; kept by the state, which may hand over the same list again
 * Events: onDone(id)  the message has been on screen long enough or was dismissed
 * Other scripts say something by  window.dispatchEvent(new CustomEvent("cti:toast", {detail: {tone, text}})).
 *
 * A message stays while the pointer or the keyboard is on it. Errors stay twice as long. */
import { useEffect, useRef, useState } from "react";
import "$/public/external/components/widgets/toasts/toasts/toasts.css";

const SHOWN_MS = 5000;
const RING = "M22 12a10 10 0 1 1-20 0 10 10 0 0 1 20 0";
const SIGNS = {
  accent: "M20 6 9 17l-5-5",
  danger: `${RING}M12 7v6m0 4h.01`,
  warning: `${RING}M12 7v6m0 4h.01`,
  info: `${RING}M12 11v6m0-10h.01`,
};

function Message({ toast, onDone }) {
  const [held, setHeld] = useState(false);
  const done = useRef(onDone);
  done.current = onDone;
  useEffect(() => {
    if (held) return undefined;
    const timer = setTimeout(() => done.current(toast.id), toast.tone === "danger" ? 2 * SHOWN_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, [held, toast.id, toast.tone]);
  const hold = { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false) };
  const keep = { onFocus: () => setHeld(true), onBlur: () => setHeld(false) };
  return (
    <li className={`toast toast-${toast.tone} appear`} {...hold} {...keep}>
      <svg width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
        <path d={SIGNS[toast.tone] || SIGNS.info} strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      <span className="toast-text" role={toast.tone === "danger" ? "alert" : "status"}>{toast.text}</span>
      <button type="button" className="toast-close" aria-label="Dismiss" onClick={() => onDone(toast.id)}>
        <svg width="14" height="14" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
          <path d="M18 6 6 18M6 6l12 12" strokeLinecap="round" />
        </svg>
      </button>
    </li>
  );
}

export function Toasts({ toasts = [], onDone }) {
  const [gone, setGone] = useState(() => new Set());
  const [own, setOwn] = useState([]);
  useEffect(() => {
    const hear = (event) => setOwn((list) => [...list.slice(-2), { id: crypto.randomUUID(), tone: "info", ...event.detail }]);
    window.addEventListener("cti:toast", hear);
    return () => window.removeEventListener("cti:toast", hear);
  }, []);
  const finish = (id) => {
    setGone((ids) => new Set([...ids].slice(-50)).add(id));
    if (toasts.some((toast) => toast.id === id)) onDone(id);
    setOwn((list) => list.filter((toast) => toast.id !== id));
  };
  const shown = [...toasts, ...own].filter((toast) => !gone.has(toast.id)).slice(-4);
  return (
    <section aria-label="Messages">
      <ol className="toasts">
        {shown.map((toast) => <Message key={toast.id} toast={toast} onDone={finish} />)}
      </ol>
    </section>
  );
}
