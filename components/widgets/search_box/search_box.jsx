/* A search field for text that lives in the address.
 *
 * Props:  value (what the address says), label, className
 * Events: onSearch(text)  typing paused for 250 ms, or Enter, or the field was cleared
 *
 * The address answers a moment later; until then what is in the field is the person's, so an answer to an earlier text
 * never overwrites a later one. */
import { useEffect, useRef } from "react";

const PAUSE_MS = 250;

export function SearchBox({ value = "", label, className = "", onSearch }) {
  const field = useRef(null);
  const asked = useRef(value);
  const timer = useRef(0);
  useEffect(() => {
    if (value === asked.current) return;
    asked.current = value;
    if (!timer.current) field.current.value = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const ask = () => {
    clearTimeout(timer.current);
    timer.current = 0;
    const text = field.current.value.trim();
    if (text === asked.current) return;
    asked.current = text;
    onSearch(text);
  };
  const wait = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(ask, field.current.value ? PAUSE_MS : 0);
  };
  const press = (event) => event.key === "Enter" && ask();
  const hints = { "aria-label": label, "aria-keyshortcuts": "/", autoComplete: "off", spellCheck: false, enterKeyHint: "search" };
  return (
    <input ref={field} type="search" defaultValue={value} placeholder={label} className={className} maxLength={100} onChange={wait} onKeyDown={press} {...hints} />
  );
}
