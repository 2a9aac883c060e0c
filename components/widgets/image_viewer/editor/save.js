/* A drawn mask becomes a new version beside all that was made before.
 *
 * save(scanId, mask, { baseId, known }, further) → Promise<{ resultId } | { overtaken } | { problem }>
 *   further    true: whatever anybody else has saved meanwhile
 *   overtaken  what to tell: somebody saved a correction while this one was drawn
 *   problem    what to tell: it could not be saved, and the drawing is still here */
import { leave, request } from "$/public/external/components/widgets/api/api/api.js";
import { writePng } from "$/public/external/components/widgets/image_viewer/editor/editor/png.js";

const LOST = "There is no connection. The drawing is still here: save it again in a moment.";

export async function save(scanId, mask, { baseId, known }, further) {
  const asked = new URLSearchParams({ ...(baseId && { base_id: baseId }), ...(!further && { known }), fat: "drawn" });
  const options = { method: "PUT", headers: { "Content-Type": "image/png" }, body: await writePng(mask) };
  const answer = await request(`/api/v1/scans/${scanId}/mask/ribeye?${asked}`, options).catch(() => null);
  if (!answer) return { problem: LOST };
  if (answer.status === 401) leave();
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return { resultId: said.result_id };
  if (said.code === "corrected_meanwhile") return { overtaken: said.detail };
  return { problem: said.detail || said.title || LOST };
}
