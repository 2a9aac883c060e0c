/* Calls the server again and again while the page is looked at: for what ends unless it is renewed.
 *
 * Props:  everyS  seconds between two calls
 * Events: onBeat()
 *
 * A page in the background does not call: what it held may go to somebody else. */
import { useEffect, useRef } from "react";

export function Beat({ everyS = 20, onBeat }) {
  const call = useRef(onBeat);
  call.current = onBeat;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && call.current(), everyS * 1000);
    return () => clearInterval(timer);
  }, [everyS]);
  return null;
}
