/* Sends an animal's photo to the API, which says in words what it refuses.
 *
 * Props:  animalId            whose photo it is
 *         label, buttonClass  the button that opens the camera or the files
 * Events: onDone()            the photo is kept */
import { useRef, useState } from "react";
import { request } from "$/public/external/components/widgets/api/api/api.js";

const LOST = "The photo could not be sent. Try again when the network is back.";

async function send(animalId, file) {
  const form = new FormData();
  form.append("photo", file, file.name);
  const answer = await request(`/api/v1/animal-photos/${animalId}`, { method: "PUT", body: form }).catch(() => null);
  if (!answer) return LOST;
  if (answer.ok) return "";
  const told = await answer.json().catch(() => ({}));
  return told.detail || told.title || LOST;
}

export function PhotoUpload({ animalId, label = "Add photo", buttonClass = "", onDone }) {
  const box = useRef(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const chosen = async ({ target }) => {
    const [file] = target.files;
    if (!file) return;
    setBusy(true);
    const wrong = await send(animalId, file);
    setBusy(false);
    setProblem(wrong);
    target.value = "";
    if (!wrong) onDone();
  };
  return (
    <span aria-busy={busy}>
      <button type="button" className={buttonClass} disabled={busy} onClick={() => box.current.click()}>{busy ? "Sending…" : label}</button>
      <input ref={box} type="file" accept="image/jpeg,image/png" hidden aria-label={label} onChange={chosen} />
      {problem && <span role="alert" className="mt-1 block text-xs text-danger">{problem}</span>}
    </span>
  );
}
