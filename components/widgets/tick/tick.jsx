/* A box that is ticked at once and hears from the server afterwards: what the server says goes.
 *
 * Props:  on, label, className
 * Events: onTurn()  it was pressed */
import { useEffect, useState } from "react";

export function Tick({ on = false, label, className = "", onTurn }) {
  const [shown, setShown] = useState(on);
  useEffect(() => setShown(on), [on]);
  const turn = () => {
    setShown(!shown);
    onTurn();
  };
  return <input type="checkbox" checked={shown} onChange={turn} className={className} aria-label={label} data-pick="" />;
}
