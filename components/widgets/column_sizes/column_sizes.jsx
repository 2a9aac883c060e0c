/* Lets the columns of a table be drawn wider and narrower: by the right edge of their headings, by hand or by key.
 *
 * Props:  columns  [{ key, label, width }]  width in CSS pixels, 0 where the column takes what it needs
 * Events: onSize(key, width)  a column has been given another width; 0 is back to what it needs
 * Cells and headings carry data-column. Only tables wide enough to be tables are touched. On the handle the arrows
 * widen and narrow, Home and a double press go back. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { createPortal } from "react-dom";
import "$/public/external/components/widgets/column_sizes/column_sizes/column_sizes.css";

const LEAST_PX = 64;
const MOST_PX = 640;
const STEP_PX = 16;
const REST_MS = 500;
const WIDE = "(min-width: 48rem)";

const within = (width) => Math.round(Math.max(LEAST_PX, Math.min(MOST_PX, width)));
const rule = ([key, width]) => `[data-column="${key}"] { width: ${width}px; min-width: ${width}px; max-width: ${width}px; overflow: hidden; text-overflow: ellipsis; }`;

const pick = (all, keys) => Object.fromEntries(keys.map((key) => [key, all[key]]));

/* A style sheet of the document's own: the policy allows no style in the page's text. */
function useSheet(widths) {
  const sheet = useMemo(() => new CSSStyleSheet(), []);
  useLayoutEffect(() => {
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    };
  }, []);
  useLayoutEffect(() => {
    const rules = Object.entries(widths).filter(([, width]) => width).map(rule);
    sheet.replaceSync(`@media ${WIDE} { ${rules.join(" ")} }`);
  }, [widths]);
}

function Handle({ head, label, width, onWidth, onEnd }) {
  const grip = useRef(null);
  const now = () => width || Math.round(head.getBoundingClientRect().width);
  const down = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.currentTarget.focus();
    event.currentTarget.setPointerCapture(event.pointerId);
    grip.current = { from: event.clientX, width: now() };
  };
  const move = (event) => grip.current && onWidth(within(grip.current.width + event.clientX - grip.current.from));
  const up = () => {
    if (grip.current) onEnd();
    grip.current = null;
  };
  const press = (event) => {
    const step = { ArrowLeft: -STEP_PX, ArrowRight: STEP_PX }[event.key];
    if (!step && event.key !== "Home") return;
    event.preventDefault();
    onWidth(step ? within(now() + step) : 0);
    onEnd(REST_MS);
  };
  const back = () => {
    onWidth(0);
    onEnd();
  };
  return (
    <span
      role="separator" tabIndex={0} className="column-size" aria-orientation="vertical" aria-label={`Width of ${label}`}
      aria-valuemin={LEAST_PX} aria-valuemax={MOST_PX} aria-valuenow={now()} aria-valuetext={width ? `${width} pixels` : "as it needs"}
      onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} onDoubleClick={back} onKeyDown={press}
      onClick={(event) => event.stopPropagation()}
    />
  );
}

export function ColumnSizes({ columns = [], onSize }) {
  const given = useMemo(() => Object.fromEntries(columns.map(({ key, width }) => [key, width])), [columns]);
  const [widths, setWidths] = useState(given);
  const [heads, setHeads] = useState({});
  const latest = useRef(widths);
  const timers = useRef({});
  latest.current = widths;
  useSheet(widths);
  useEffect(() => setWidths((all) => ({ ...given, ...pick(all, Object.keys(timers.current)) })), [given]);
  useLayoutEffect(() => {
    const found = [...document.querySelectorAll("th[data-column]")].map((head) => [head.dataset.column, head]);
    setHeads(Object.fromEntries(found));
  }, [columns]);
  useEffect(() => () => Object.values(timers.current).forEach(clearTimeout), []);

  const end = (key, rest = 0) => {
    clearTimeout(timers.current[key]);
    timers.current[key] = setTimeout(() => {
      delete timers.current[key];
      if (latest.current[key] !== given[key]) onSize(key, latest.current[key]);
    }, rest);
  };
  return columns.filter(({ key }) => heads[key]).map(({ key, label }) =>
    createPortal(
      <Handle head={heads[key]} label={label} width={widths[key]} onWidth={(width) => setWidths((all) => ({ ...all, [key]: width }))} onEnd={(rest) => end(key, rest)} />,
      heads[key],
      key,
    ));
}
