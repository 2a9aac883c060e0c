/* Ends the page when its session has ended: the next thing on screen is the sign-in page, sent by the server.
 *
 * Props: ended (true once the server refused this page's session)
 *
 * Reloading lets the server decide: it shows the page to a new session and sends everyone else to sign in.
 * Two refusals within a few seconds go straight to the sign-in page, so that no page can reload for ever. */
import { useEffect } from "react";

const MARK = "cti:session-ended";
const APART_MS = 5000;

export function SessionWatch({ ended = false }) {
  useEffect(() => {
    if (!ended) return;
    const last = Number(sessionStorage.getItem(MARK) || 0);
    sessionStorage.setItem(MARK, String(Date.now()));
    if (Date.now() - last > APART_MS) window.location.reload();
    else window.location.assign("/login?error=session");
  }, [ended]);
  return null;
}
