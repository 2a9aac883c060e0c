/* Registers a model: its files are chosen together and sent to the API, which says in words what it refuses.
 *
 * Props:  buttonClass, fieldClass  looks of ours
 * Events: onDone(reference)  the version is registered and waits for its checks
 *         onChecked()        a worker has tried it, whatever it found */
import { useRef, useState } from "react";
import { request } from "$/public/external/components/widgets/api/api/api.js";

const PARTS = { "model.onnx": "model", "config.json": "config", "metadata.json": "metadata", "card.md": "card", "preprocessing.py": "preprocessing" };
const NEEDED = ["model.onnx", "config.json", "metadata.json", "card.md"];
const LOOKS = 60;
const LOOK_MS = 1000;
const LOST = "The server could not be reached. Try again when the network is back.";

function wrongWith(files) {
  const names = files.map((file) => file.name);
  const strange = names.filter((name) => !(name in PARTS));
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (strange.length) return `${strange.join(", ")}: no part of a model.`;
  return missing.length ? `Choose ${missing.join(", ")}, too.` : "";
}

async function send(files) {
  const form = new FormData();
  for (const file of files) form.append(PARTS[file.name], file, file.name);
  const answer = await request("/api/v1/models", { method: "POST", body: form }).catch(() => null);
  if (!answer) return { problem: LOST };
  const told = await answer.json().catch(() => ({}));
  return answer.ok ? { model: told.model } : { problem: told.detail || told.title || LOST };
}

/* Resolves when a worker has tried the model, or nobody has for a minute. */
async function tried(model) {
  for (let look = 0; look < LOOKS; look += 1) {
    await new Promise((rested) => setTimeout(rested, LOOK_MS));
    const answer = await request("/api/v1/models").catch(() => null);
    const found = answer?.ok ? (await answer.json()).models.find(({ reference }) => reference === model) : null;
    if (found && found.status !== "checking") return;
  }
}

export function ModelUpload({ buttonClass = "", fieldClass = "", onDone, onChecked }) {
  const box = useRef(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const files = [...box.current.files];
    const wrong = wrongWith(files);
    setProblem(wrong);
    if (wrong) return;
    setBusy(true);
    const done = await send(files);
    setBusy(false);
    setProblem(done.problem ?? "");
    if (!done.model) return;
    onDone(done.model);
    tried(done.model).then(onChecked);
  };
  return (
    <form onSubmit={submit} aria-busy={busy}>
      <label htmlFor="model-files">Files of the model</label>
      <input ref={box} id="model-files" type="file" multiple accept=".onnx,.json,.md,.py" className={fieldClass} aria-describedby="model-problem" onChange={() => setProblem("")} />
      <p id="model-problem" role="alert" className="text-danger">{problem}</p>
      <button type="submit" className={buttonClass} disabled={busy}>{busy ? "Sending…" : "Register"}</button>
    </form>
  );
}
