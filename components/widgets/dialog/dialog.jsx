/* A modal dialog on the browser's own <dialog>: focus is kept inside, Esc closes, the page behind is inert.
 *
 * Props:  open, label (its name for screen readers), className, children
 * Events: onClose()  Esc, a press outside, or a [data-close] control inside */
import { useEffect, useRef } from "react";

export function Dialog({ open = false, label, className = "", onClose, children }) {
  const box = useRef(null);
  useEffect(() => {
    if (open && !box.current.open) box.current.showModal();
    if (!open && box.current.open) box.current.close();
  }, [open]);
  const press = (event) => {
    const outside = event.target === box.current;
    if (outside || event.target.closest("[data-close]")) onClose();
  };
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog ref={box} className={className} aria-label={label} onClick={press} onCancel={cancel}>
      {open ? <div>{children}</div> : null}
    </dialog>
  );
}
