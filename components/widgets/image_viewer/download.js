/* What can be taken along, at the image's native resolution: the image as it came, its overlays alone, both together.
 *
 * DOWNLOADS  { image | overlay | annotated: label }
 * download(kind, what) → Promise<void>; rejects where the browser may not read the image
 *   what { url, source, size, layers, marks, opacity, look, fileName, model, bar } */
import { applied, isChanged } from "$/public/external/components/widgets/image_viewer/image_viewer/adjust.js";
import { label, overlay } from "$/public/external/components/widgets/image_viewer/image_viewer/paint.js";

export const DOWNLOADS = { image: "Image as captured", overlay: "Overlays alone", annotated: "Image with overlays" };
const NATIVE = { scale: 1, x: 0, y: 0 };
const LINES_PX = 900; // one more pixel of line for so many of the image's width
const KINDS = { "image/png": "png", "image/jpeg": "jpg" };

export async function download(kind, what) {
  if (kind === "image") {
    const found = await (await fetch(what.url)).blob();
    return save(found, name(what, "", KINDS[found.type] ?? "png"));
  }
  const { width, height } = what.size;
  const sheet = new OffscreenCanvas(width, height).getContext("2d");
  if (kind === "annotated") picture(sheet, what);
  annotate(sheet, what);
  return save(await sheet.canvas.convertToBlob({ type: "image/png" }), name(what, kind, "png"));
}

function picture(sheet, { source, size, look }) {
  sheet.drawImage(source.picture, 0, 0, size.width, size.height);
  if (!isChanged(look)) return;
  const pixels = sheet.getImageData(0, 0, size.width, size.height);
  applied(look, pixels.data);
  sheet.putImageData(pixels, 0, 0);
}

function annotate(sheet, { size, layers, marks, opacity, bar }) {
  const density = Math.max(1, size.width / LINES_PX);
  for (const layer of layers) overlay(sheet, layer, size, NATIVE, opacity, density);
  for (const draw of marks) draw(sheet, NATIVE, density);
  if (!bar) return;
  const [right, bottom] = [size.width - 20 * density, size.height - 20 * density];
  sheet.fillStyle = "#ffffff";
  sheet.fillRect(right - bar.length_px, bottom, bar.length_px, 2 * density);
  label(sheet, bar.label, [right - bar.length_px - 10 * density, bottom - 12 * density], "#ffffff", density);
}

const name = ({ fileName, model }, kind, ending) =>
  `${[fileName || "scan", kind && model, kind].filter(Boolean).join("_").replace(/[^\w.@-]+/g, "-")}.${ending}`;

function save(blob, called) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = called;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
