/* A question before something is lost: the browser's own dialog over the viewer.
 *
 * Props: title, text, acts [{ label, run, kind }] (kind: "primary" or "danger"), onClose (Esc, or the way back) */
import { useEffect, useRef } from "react";

export function Ask({ title, text, acts, back, onClose }) {
  const box = useRef(null);
  useEffect(() => {
    box.current.showModal();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return (
    <dialog ref={box} className="viewer-ask" aria-label={title} onCancel={cancel}>
      <h2>{title}</h2>
      <p>{text}</p>
      <div className="viewer-row">
        <button type="button" className="viewer-act" onClick={onClose}>{back}</button>
        {acts.map(({ label, run, kind }) => (
          <button key={label} type="button" className="viewer-act" data-kind={kind} onClick={run}>{label}</button>
        ))}
      </div>
    </dialog>
  );
}
