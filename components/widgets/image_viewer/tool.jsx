/* A button that floats over the image, with its key on it.
 *
 * Props: label (its name), text (what stands on it; left out: the label), icon, hint, keys (aria-keyshortcuts), on (pressed
 *        or not, for one that stays), and whatever a button takes; children stand in place of icon and text */
export function Tool({ label, text = label, icon: Icon, hint, keys, on, className = "", children, ...props }) {
  return (
    <button type="button" className={`viewer-tool ${className}`} aria-label={label} title={label} aria-keyshortcuts={keys} aria-pressed={on} {...props}>
      {children ?? (
        <>
          {Icon ? <Icon size={18} aria-hidden="true" /> : null}
          <span className={Icon ? "viewer-word" : ""}>{text}</span>
        </>
      )}
      {hint ? <kbd aria-hidden="true">{hint}</kbd> : null}
    </button>
  );
}

/* A slider with its name beside it. */
export function Slider({ label, name = label, value, onChange, ...range }) {
  return (
    <label className="viewer-fill">
      <span>{label}</span>
      <input type="range" aria-label={name} value={value} onChange={(event) => onChange(Number(event.target.value))} {...range} />
    </label>
  );
}
