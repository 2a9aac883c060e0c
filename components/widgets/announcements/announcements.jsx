/* Announcements: subject and plain text, line breaks kept, addresses clickable; nothing else in them is markup.
 *
 * Props: address  the route that lists them, `[{subject, body, pinned}]`
 *
 * Draws nothing until they are there, and nothing when there are none or they cannot be had. */
import { useEffect, useState } from "react";
import "$/public/external/components/widgets/announcements/announcements/announcements.css";

const ADDRESS = /(https?:\/\/[^\s<>"']+)/;

/* Splitting by a pattern with one group leaves what matched at the odd places. */
const linked = (text) =>
  text.split(ADDRESS).map((part, place) =>
    place % 2 ? (
      <a key={place} href={part} rel="noopener noreferrer">
        {part}
      </a>
    ) : (
      part
    ),
  );

export function Announcements({ address }) {
  const [said, setSaid] = useState([]);
  useEffect(() => {
    const left = new AbortController();
    fetch(address, { credentials: "same-origin", signal: left.signal })
      .then((answer) => (answer.ok ? answer.json() : []))
      .then(setSaid)
      .catch(() => {});
    return () => left.abort();
  }, [address]);
  if (!said.length) return null;
  return (
    <section className="announcements" aria-label="Announcements">
      {said.map((one) => (
        <article key={one.subject + one.starts_at} className={one.pinned ? "announcement pinned" : "announcement"}>
          <h2>{one.subject}</h2>
          {one.body && <p>{linked(one.body)}</p>}
        </article>
      ))}
    </section>
  );
}
