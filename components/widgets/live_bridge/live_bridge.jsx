/* The live badge, and the page's ear.
 *
 * Props:  topics   beginnings of event names that concern the page ("scan.")
 *         subject  an id; with it only events whose data names that id count
 *         restMs   how long to rest between two calls, for pages whose answer is dear
 *         silent   listens without showing a badge
 * Events: onChange("top" | "below")  something happened, and where the window is scrolled to. What comes within 300 ms
 *                                    is one call; a hidden tab makes none before it is seen again */
import { useEffect, useRef, useState } from "react";
import { join } from "$/public/external/components/widgets/live_bridge/live_bridge/stream.js";
import "$/public/external/components/widgets/live_bridge/live_bridge/live_bridge.css";

const GATHER_MS = 300;
const TOP_PX = 80;
const WORDS = {
  connecting: ["Connecting", "Connecting to the live stream"],
  live: ["Live", "What happens appears here by itself"],
  reconnecting: ["Reconnecting", "The connection broke and is being made again"],
  offline: ["Offline", "No connection: what you see may be out of date"],
};

const concerns = (event, topics, subject) =>
  event.topic === "stream.resumed" ||
  (topics.some((topic) => event.topic.startsWith(topic)) && (!subject || Object.values(event.data).includes(subject)));

export function LiveBridge({ topics = [], subject = "", restMs = 0, silent = false, onChange }) {
  const [status, setStatus] = useState("connecting");
  const page = useRef({});
  page.current = { topics, subject, restMs, onChange };
  useEffect(() => {
    let timer = 0;
    let owed = false;
    let called = 0;
    const call = () => {
      timer = 0;
      owed = document.hidden;
      if (owed) return;
      called = Date.now();
      page.current.onChange?.(window.scrollY < TOP_PX ? "top" : "below");
    };
    const heard = (event) => {
      if (!concerns(event, page.current.topics, page.current.subject)) return;
      timer ||= setTimeout(call, Math.max(GATHER_MS, called + page.current.restMs - Date.now()));
    };
    const seen = () => owed && call();
    document.addEventListener("visibilitychange", seen);
    const part = join({ heard, stood: setStatus });
    return () => {
      part();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, []);
  if (silent) return null;
  const [word, meaning] = WORDS[status];
  return (
    <span className={`live live-${status}`} role="status" title={meaning} data-live={status}>
      <span className="live-dot" aria-hidden="true" />
      <span className="live-word">{word}</span>
    </span>
  );
}
