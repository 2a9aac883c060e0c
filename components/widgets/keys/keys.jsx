/* The keys of a page. They are written on its controls (aria-keyshortcuts), so there is no second list to keep:
 * a key focuses the field or presses the button or link that carries it, if that can be seen and is not disabled.
 *
 * In a list ([data-row] links) j, k and the arrows up and down move, Enter opens (the browser's own), x turns the box
 * of the row ([data-pick]). ? shows all keys.
 * Where two controls carry the same key, those inside [data-keys-first] have it.
 * No key does anything while someone types, with a modifier held, or behind an open dialog. */
import { useEffect, useRef, useState } from "react";
import "$/public/external/components/widgets/keys/keys/keys.css";

const TYPING = "input:not([type=checkbox],[type=radio],[type=range],[type=button]), textarea, select, [contenteditable]";
const SHOWN = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", " ": "space" };
const NAMED = { Space: " ", Plus: "+" };
const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

const HELP = [["?"], "This list"];
const WALKING = [[["j", "k"], "Next and previous in the list"], [["Enter"], "Open"]];
const PICKING = [[["x"], "Select in the list"]];

const scope = () => document.querySelector("[data-keys-only]") ?? document;
const pickable = () => (scope().querySelector("[data-pick]") ? PICKING : []);
const walkable = () => (scope().querySelector("[data-row]") ? [...WALKING, ...pickable()] : []);
const visible = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? element.offsetParent !== null;
const later = (one) => (one.closest("[data-keys-first]") ? 0 : 1);
const carriers = () =>
  [...scope().querySelectorAll("[aria-keyshortcuts]")].filter((one) => visible(one) && !one.disabled).sort((one, other) => later(one) - later(other));
const keysOf = (element) => element.getAttribute("aria-keyshortcuts").split(" ").map((key) => NAMED[key] || key);
const nameOf = (element) =>
  element.getAttribute("aria-label") || [...element.childNodes].filter((node) => node.nodeName !== "KBD").map((node) => node.textContent).join("").trim();

/* Every control with the keys that reach it. */
function listed() {
  const taken = new Set();
  return carriers()
    .map((one) => [keysOf(one).filter((key) => !taken.has(key) && taken.add(key)).map((key) => SHOWN[key] || key), nameOf(one)])
    .filter(([keys]) => keys.length);
}

function walk(step) {
  const rows = [...scope().querySelectorAll("[data-row]")].filter(visible);
  const at = rows.indexOf(document.activeElement);
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + step))];
  next?.focus({ preventScroll: true });
  next?.closest("tr, li, article")?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

/* The box of the row one stands on. */
function pick() {
  const box = document.activeElement?.closest("tr, li, article")?.querySelector("[data-pick]");
  box?.click();
  return Boolean(box);
}

function press(key) {
  const wanted = key.length === 1 ? key.toUpperCase() : key;
  const control = carriers().find((one) => keysOf(one).some((own) => (own.length === 1 ? own.toUpperCase() : own) === wanted));
  if (!control) return false;
  if (control.matches(TYPING)) control.focus();
  else control.click();
  return true;
}

export function Keys() {
  const box = useRef(null);
  const [list, setList] = useState([]);
  useEffect(() => {
    const down = (event) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
      if (event.key === " " && event.target.closest?.("button, a, summary, [role=button]")) return;
      if (event.repeat && !(event.key in STEPS)) return;
      if (event.key === "?") {
        setList([...walkable(), ...listed(), HELP]);
        box.current.showModal();
        event.preventDefault();
      } else if (press(event.key) || (event.key === "x" && pick()) || (event.key in STEPS && walk(STEPS[event.key]))) event.preventDefault();
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  }, []);
  const close = (event) => (event.target === box.current || event.target.closest("button")) && box.current.close();
  return (
    <dialog ref={box} className="keys" aria-label="Keys on this page" onClick={close}>
      <div>
        <h2>Keys on this page</h2>
        <dl>
          {list.map(([keys, name]) => (
            <div key={name + keys}>
              <dt>{name}</dt>
              <dd>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dd>
            </div>
          ))}
        </dl>
        <button type="button">Close</button>
      </div>
    </dialog>
  );
}
