/* Says that this scan is being corrected, as long as the editor is open, and hears who else says so.
 *
 * hold(scanId, tell) → release()
 *   tell(name)   who corrects or reads it already; empty when it is ours again */
import { request } from "$/public/external/components/widgets/api/api/api.js";

const RENEW_MS = 20_000;

export function hold(scanId, tell) {
  const path = `/api/v1/scans/${scanId}/hold`;
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ doing: "correcting" }) };
  const ask = async () => {
    const answer = await request(path, options).catch(() => null); // without a connection nobody can be told
    if (!answer?.ok) return;
    const { mine, holder_name: name } = await answer.json();
    tell(mine ? "" : name);
  };
  ask();
  const timer = setInterval(ask, RENEW_MS);
  return () => {
    clearInterval(timer);
    request(path, { method: "DELETE", keepalive: true }).catch(() => undefined); // it ends by itself
  };
}
