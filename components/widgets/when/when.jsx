/* A point in time in words that stay true while the page is open.
 *
 * Props: at (ISO 8601), zone (IANA name; the browser's own when empty or unknown), form ("ago" | "full" | "clock")
 * One timer serves all of them on a page. */
import { useEffect, useState } from "react";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PARTS = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  day: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  date: { day: "numeric", month: "short", year: "numeric" },
  full: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  zone: { timeZoneName: "short" },
};
const formats = new Map();
const watchers = new Set();
let timer = 0;

function format(name, zone) {
  const key = `${name} ${zone}`;
  if (!formats.has(key)) {
    const options = { ...PARTS[name], hourCycle: name === "date" ? undefined : "h23" };
    const language = name === "zone" ? "en-US" : "en-GB";
    try {
      formats.set(key, new Intl.DateTimeFormat(language, { ...options, timeZone: zone || undefined }));
    } catch {
      formats.set(key, new Intl.DateTimeFormat(language, options)); // a zone this browser has never heard of
    }
  }
  return formats.get(key);
}

/* "20 Nov 2026, 14:35:06 MST": the zone as its own people call it, which only American English knows. */
function full(time, zone) {
  const called = format("zone", zone).formatToParts(time).find((part) => part.type === "timeZoneName")?.value ?? "";
  return `${format("full", zone).format(time)} ${called}`.trim();
}

function ago(at, now, zone) {
  const past = now - at;
  const size = Math.abs(past);
  const said = (count, unit) => (past < 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`);
  if (size < 2 * SECOND) return "just now";
  if (size < MINUTE) return said(Math.floor(size / SECOND), "s");
  if (size < HOUR) return said(Math.floor(size / MINUTE), "min");
  if (size < DAY) return said(Math.floor(size / HOUR), "h");
  return format(size < 300 * DAY ? "day" : "date", zone).format(at);
}

const WRITTEN = {
  ago: (time, zone) => ago(time, Date.now(), zone),
  clock: (time, zone) => format("clock", zone).format(time),
  full,
};

function watch(tick) {
  watchers.add(tick);
  timer ||= setInterval(() => document.hidden || watchers.forEach((one) => one()), SECOND);
  return () => {
    watchers.delete(tick);
    if (!watchers.size) timer = clearInterval(timer) ?? 0;
  };
}

export function When({ at = "", zone = "", form = "ago" }) {
  const time = Date.parse(at);
  const written = () => WRITTEN[form](time, zone);
  const [, show] = useState("");
  useEffect(() => (form === "ago" && at ? watch(() => show(written())) : undefined), [at, form, zone]);
  if (Number.isNaN(time)) return null;
  return (
    <time dateTime={at} onPointerEnter={(event) => (event.currentTarget.title = full(time, zone))} suppressHydrationWarning>
      {written()}
    </time>
  );
}
