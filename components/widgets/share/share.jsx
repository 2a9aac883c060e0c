/* Hands a file to the phone's own share sheet. Where the browser cannot share files it draws a link to the file, or nothing.
 *
 * Props:  href (the file), name (what it is called), label, instead (what the link says), className, children (its icon) */
import { useEffect, useRef, useState } from "react";
import { request } from "$/public/external/components/widgets/api/api/api.js";

const probe = () => new File([new Uint8Array(1)], "report.pdf", { type: "application/pdf" });

export function Share({ href, name, label, instead = "", className = "", children }) {
  const [able] = useState(() => Boolean(navigator.canShare?.({ files: [probe()] })));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const made = useRef(null);
  useEffect(() => () => (made.current = null), [href]);

  const make = async () => {
    setBusy(true);
    const answer = await request(href).catch(() => null);
    setBusy(false);
    return answer?.ok ? new File([await answer.blob()], name, { type: "application/pdf" }) : null;
  };

  /* Closing the sheet is no failure. A browser that waited too long for the file asks for another press, which has it. */
  const share = async () => {
    setProblem("");
    const file = made.current ?? (await make());
    if (!file) return setProblem("The report could not be made. Try again in a moment.");
    made.current = file;
    const error = await navigator.share({ files: [file], title: name }).then(() => null, ({ name: kind }) => kind);
    if (error === "NotAllowedError") setProblem("The report is ready. Press again to share it.");
    else {
      made.current = null;
      if (error && error !== "AbortError") setProblem("It could not be shared. Send it by mail instead.");
    }
  };

  if (!able) return instead ? <a href={href} className={className}>{instead}</a> : null;
  return (
    <>
      <button type="button" className={className} disabled={busy} onClick={share}>{children}{busy ? "Making the report…" : label}</button>
      <span role="alert" className="text-sm text-danger empty:hidden">{problem}</span>
    </>
  );
}
