/* Sends a table (CSV or XLSX) to be read, and says in words what is wrong with it as a whole.
 *
 * Props:  kind ("animals" | "barn_sheet"), sessionId, farms ([[id, name], …], asked for lists of animals),
 *         buttonClass, fieldClass, labelClass  looks of ours
 * Events: onDone(importId)  the file was read; nothing has been imported yet */
import { useRef, useState } from "react";
import { request } from "$/public/external/components/widgets/api/api/api.js";

const LOST = "The server could not be reached. Try again when the network is back.";
const MOST_BYTES = 16 * 1024 * 1024;

async function send(form) {
  const answer = await request("/api/v1/imports", { method: "POST", body: form }).catch(() => null);
  if (!answer) return { problem: LOST };
  const told = await answer.json().catch(() => ({}));
  return answer.ok ? { id: told.id } : { problem: told.detail || told.title || LOST };
}

export function SheetUpload({ kind = "animals", sessionId = "", farms = [], buttonClass = "", fieldClass = "", labelClass = "", onDone }) {
  const box = useRef(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const file = box.current.files[0];
    if (!file) return setProblem("Choose a file first.");
    if (file.size > MOST_BYTES) return setProblem("The file is larger than 16 MB. Split it and import the parts.");
    const given = new FormData(event.target);
    const form = new FormData();
    form.append("kind", kind);
    form.append("day_first", given.get("dates") === "dmy" ? "true" : "false");
    if (sessionId) form.append("scan_session_id", sessionId);
    if (given.get("farm")) form.append("farm_id", given.get("farm"));
    form.append("file", file, file.name);
    setBusy(true);
    const done = await send(form);
    setBusy(false);
    setProblem(done.problem ?? "");
    if (done.id) onDone(done.id);
  };
  const farmField = kind === "animals" && (
    <div>
      <label htmlFor="sheet-farm" className={labelClass}>Farm of rows that name none</label>
      <select id="sheet-farm" name="farm" className={fieldClass} defaultValue={farms.length === 1 ? farms[0][0] : ""}>
        <option value="">Each row names its farm</option>
        {farms.map(([id, name]) => <option key={id} value={id}>{name}</option>)}
      </select>
    </div>
  );
  return (
    <form onSubmit={submit} aria-busy={busy} className="flex flex-col gap-3">
      <div>
        <label htmlFor="sheet-file" className={labelClass}>CSV or Excel file</label>
        <input ref={box} id="sheet-file" type="file" accept=".csv,.tsv,.txt,.xlsx" className={fieldClass} aria-describedby="sheet-problem" onChange={() => setProblem("")} />
      </div>
      {farmField}
      <div>
        <label htmlFor="sheet-dates" className={labelClass}>Dates such as 03/04/2026 are</label>
        <select id="sheet-dates" name="dates" className={fieldClass} defaultValue="mdy">
          <option value="mdy">March 4: the month comes first</option>
          <option value="dmy">April 3: the day comes first</option>
        </select>
      </div>
      <p id="sheet-problem" role="alert" className="text-sm text-danger empty:hidden">{problem}</p>
      <div className="flex justify-end">
        <button type="submit" className={buttonClass} disabled={busy}>{busy ? "Reading…" : "Read the file"}</button>
      </div>
    </form>
  );
}
