/* A hidden field that carries a parameter of the page's address into a native form.
 *
 * Props: name (of the field and of the parameter), fallback (its value when the address says nothing) */
import { useEffect, useRef } from "react";

export function QueryField({ name, fallback = "" }) {
  const field = useRef(null);
  useEffect(() => {
    field.current.value = new URLSearchParams(window.location.search).get(name) || fallback;
  }, [name, fallback]);
  return <input ref={field} type="hidden" name={name} defaultValue={fallback} />;
}
