/* Hands a file to the phone's own share sheet. Draws nothing where the browser cannot share files.
 *
 * Props:  href (the file), name (what it is called), label, className, children (its icon) */
import { useEffect, useState } from "react";
import { request } from "$/public/external/components/widgets/api/api/api.js";

const probe = () => new File([new Uint8Array(1)], "report.pdf", { type: "application/pdf" });

export function Share({ href, name, label, className = "", children }) {
  const [able, setAble] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => setAble(Boolean(navigator.canShare?.({ files: [probe()] }))), []);
  const share = async () => {
    setBusy(true);
    setProblem("");
    const answer = await request(href).catch(() => null);
    setBusy(false);
    if (!answer?.ok) return setProblem("The report could not be made. Try again in a moment.");
    const file = new File([await answer.blob()], name, { type: "application/pdf" });
    /* Closing the sheet is no failure; where the wait was too long for the browser, a second press has the file at once. */
    await navigator.share({ files: [file], title: name }).catch((error) => error.name === "NotAllowedError" && setProblem("Press again to share."));
  };
  if (!able) return null;
  return (
    <>
      <button type="button" className={className} disabled={busy} onClick={share}>{children}{busy ? "Making the report…" : label}</button>
      <span role="alert" className="text-sm text-danger empty:hidden">{problem}</span>
    </>
  );
}
