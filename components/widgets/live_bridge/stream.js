/* One event stream for all tabs of a browser.
 *
 * The tab that holds the lock leads: it reads /api/v1/events and passes everything on through a BroadcastChannel. Only
 * visible tabs compete, and a leader hidden for a minute resigns, so tabs in the background cost the server nothing.
 * The stream is read with fetch rather than EventSource, which tells neither a refused session from a lost
 * connection nor a silent connection from a quiet one.
 *
 * join({ heard(event), stood(status) }) → leave()
 *   event   { topic, data }; topic "stream.resumed" means: events may have been missed, load again
 *   status  "connecting" | "live" | "reconnecting" | "offline" */
import { exclusively, leave as signIn, renew, renewedAt, request } from "$/public/external/components/widgets/api/api/api.js";

const EVENTS = "/api/v1/events";
const NAME = "cti:live";
const HIDDEN_MS = 60_000;
const LINGER_MS = 10_000; // between two pages of this tab the stream stays open
const SILENT_MS = 40_000; // the server sends a comment every 15 s
const RENEW_MS = 12 * 60_000; // an access token lives 15 minutes
const SLOWEST_MS = 30_000;
const OFFLINE_AFTER = 3;
const UNAUTHENTICATED = 401;

const members = new Set();
let status = "connecting";
let channel = null;
let candidacy = null; // AbortController while this tab leads or wants to
let lastId = "";
let lingering = 0;
let hiding = 0;

export function join(member) {
  clearTimeout(lingering);
  members.add(member);
  if (!channel) open();
  member.stood(status);
  return () => {
    members.delete(member);
    if (!members.size) lingering = setTimeout(close, LINGER_MS);
  };
}

function open() {
  channel = new BroadcastChannel(NAME);
  channel.onmessage = ({ data }) => (data.status ? stand(data.status) : hear(data));
  document.addEventListener("visibilitychange", looked);
  if (!document.hidden) compete();
}

function close() {
  document.removeEventListener("visibilitychange", looked);
  clearTimeout(hiding);
  resign();
  channel.close();
  channel = null;
}

function looked() {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(resign, HIDDEN_MS);
  else if (!candidacy) {
    hear({ topic: "stream.resumed", data: {} });
    compete();
  }
}

function compete() {
  candidacy = new AbortController();
  const { signal } = candidacy;
  channel.postMessage({ topic: "stream.asked", data: {} });
  exclusively(NAME, { signal }, () => lead(signal)).catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
}

function resign() {
  candidacy?.abort();
  candidacy = null;
}

const stand = (next) => {
  status = next;
  for (const member of members) member.stood(next);
};

const hear = (event) => {
  if (event.topic === "stream.asked") leading && channel.postMessage({ status });
  else for (const member of members) member.heard(event);
};

let leading = false;
const announce = (next) => {
  stand(next);
  channel?.postMessage({ status: next });
};
const tell = (event) => {
  hear(event);
  channel?.postMessage(event);
};

async function lead(signal) {
  leading = true;
  const renewal = keepRenewed(signal);
  let failures = 0;
  let missed = !lastId; // what happened between the page's first rows and the first connection was told to nobody
  while (!signal.aborted) {
    const connected = () => {
      failures = 0;
      announce("live");
      if (missed) tell({ topic: "stream.resumed", data: {} });
    };
    const wait = await listen(signal, connected).catch(() => null); // a broken connection: made again below
    if (signal.aborted) break;
    missed = true;
    failures += 1;
    announce(failures > OFFLINE_AFTER || !navigator.onLine ? "offline" : "reconnecting");
    await pause(wait ?? Math.min(SLOWEST_MS, 250 * 2 ** failures) * (0.5 + Math.random()), signal);
  }
  clearTimeout(renewal());
  leading = false;
}

/* Read the stream until it ends. Resolves to the ms the server asked us to wait, or null. */
async function listen(signal, connected) {
  const attempt = new AbortController();
  const abort = () => attempt.abort();
  signal.addEventListener("abort", abort);
  window.addEventListener("offline", abort, { signal: attempt.signal });
  let watchdog = setTimeout(abort, SILENT_MS);
  try {
    const headers = { Accept: "text/event-stream", ...(lastId && { "Last-Event-ID": lastId }) };
    const answer = await request(EVENTS, { headers, signal: attempt.signal, cache: "no-store" });
    if (answer.status === UNAUTHENTICATED) signIn();
    if (!answer.ok) return Number(answer.headers.get("Retry-After")) * 1000 || null;
    connected();
    await read(answer.body, () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(abort, SILENT_MS);
    });
    return null;
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", abort);
    attempt.abort();
  }
}

async function read(body, alive) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    blocks.forEach(take);
  }
}

function take(block) {
  const field = (name) => block.match(new RegExp(`^${name}: ?(.*)$`, "m"))?.[1] ?? "";
  lastId = field("id") || lastId;
  const data = field("data");
  if (data) tell({ topic: field("event") || "message", data: JSON.parse(data) });
}

/* Renew the access token before it runs out, so that no request has to fail first. */
function keepRenewed(signal) {
  let timer = 0;
  const plan = () => {
    const age = Date.now() - renewedAt();
    timer = setTimeout(due, age < RENEW_MS ? RENEW_MS - age : RENEW_MS);
  };
  const due = async () => {
    const stands = await renew(Date.now() - RENEW_MS).catch(() => true); // out of reach: the next request tries again
    if (!stands) signIn();
    else if (!signal.aborted) plan();
  };
  plan();
  return () => timer;
}

/* Wait, but no longer than until the network is back. */
const pause = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const early = () => {
      clearTimeout(timer);
      resolve();
    };
    window.addEventListener("online", early, { once: true, signal });
    signal.addEventListener("abort", early, { once: true });
  });
