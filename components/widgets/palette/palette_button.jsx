/* The way to the command palette: a button in the header, and Ctrl-K or ⌘-K from anywhere. The palette itself is
 * fetched when it is first asked for.
 *
 * Props: pages  [{label, path, roles}] everywhere one can go
 *        role   of the person
 *        paths  where a thing of a kind is found: {"scan": "/scans/{id}", …} */
import { createElement, useEffect, useState } from "react";

const PATH = () => import("$/public/external/components/widgets/palette/palette/palette.jsx");

export function PaletteButton({ pages = [], role = "", paths = {}, className = "", hintClass = "", children }) {
  const [part, setPart] = useState(null);
  const [open, setOpen] = useState(false);
  const show = () => {
    if (!document.querySelector("dialog[open]")) setOpen(true);
    if (!part) PATH().then((found) => setPart(() => found.Palette), () => undefined); // asked for again at the next press
  };
  useEffect(() => {
    const down = (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      event.preventDefault();
      show();
    };
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  });
  const allowed = pages.filter((page) => page.roles.includes(role));
  return (
    <>
      <button type="button" className={className} aria-label="Search" aria-haspopup="dialog" onClick={show}>
        {children}
        <kbd className={hintClass} aria-hidden="true">Ctrl K</kbd>
      </button>
      {part && open ? createElement(part, { pages: allowed, paths, onClose: () => setOpen(false) }) : null}
    </>
  );
}
