/* Calls to /api/v1 from widgets: the CSRF header, and one renewal of the access token when it has run out.
 *
 * request(path, options)  fetch with both; resolves to the Response, whatever its status
 * renew(since)            make a new access token unless another tab has since `since`; resolves to whether it worked
 * renewedAt()             when this browser last renewed, in ms; 0 when it never did
 * leave()                 the session is over: the sign-in page, and back here afterwards
 *
 * A refresh token is spent by use, and a spent one used again ends the session. So only one tab renews at a time, and
 * whoever waited for the lock takes the other's renewal for its own. */

const LOCK = "cti:renew";
const STAMP = "cti:renewed-at";
const UNAUTHENTICATED = 401;
let leaving = false;

/* Without locks (a plain http address that is not localhost) each tab looks after itself. */
export const exclusively = (name, options, work) =>
  navigator.locks ? navigator.locks.request(name, options, work) : work();

const csrf = () => document.cookie.match(/(?:^|;\s*)cti_csrf=([^;]*)/)?.[1] ?? "";

function send(path, { method = "GET", headers = {}, ...options } = {}) {
  const guarded = method === "GET" ? headers : { "X-CSRF-Token": decodeURIComponent(csrf()), ...headers };
  return fetch(path, { method, headers: guarded, credentials: "same-origin", ...options });
}

export const renewedAt = () => Number(localStorage.getItem(STAMP) || 0);

export const renew = (since) =>
  exclusively(LOCK, {}, async () => {
    if (renewedAt() > since) return true;
    const answer = await send("/api/v1/auth/refresh", { method: "POST" });
    if (answer.ok) localStorage.setItem(STAMP, String(Date.now()));
    if (!answer.ok && answer.status !== UNAUTHENTICATED) throw new Error(`renewal answered ${answer.status}`);
    return answer.ok;
  });

export async function request(path, options) {
  const since = Date.now();
  const answer = await send(path, options);
  if (answer.status !== UNAUTHENTICATED || !(await renew(since))) return answer;
  return send(path, options);
}

export function leave() {
  if (leaving) return;
  leaving = true;
  const here = window.location.pathname + window.location.search;
  window.location.assign(`/login?error=session&next=${encodeURIComponent(here)}`);
}
