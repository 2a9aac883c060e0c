/* What a correction begins with: the outline that is looked at, else the one that counts, else the device's, else none.
 *
 * findBase(scanId, baseId, size) → Promise<{ classes, width, height, baseId, known }>
 *   size    { width, height } of the image, which the mask has as well
 *   known   the newest correction there is, "none" where there is none: what the server compares when saving */
import { leave, request } from "$/public/external/components/widgets/api/api/api.js";
import { picture } from "$/public/external/components/widgets/image_viewer/image_viewer/pictures.js";

const RIBEYE = 1;
const FAT = 2;
const WHITE_FROM = 128;

export async function findBase(scanId, baseId, size) {
  const { results } = await read(`/api/v1/grading/${scanId}`);
  const base = results.find(({ id }) => id === baseId) ?? results.find(({ counts }) => counts);
  const known = results.find(({ kind }) => kind === "correction")?.id ?? "none";
  const drawn = base && !base.abstained ? base.mask_url : null;
  const url = drawn ?? (await read(`/api/v1/scans/${scanId}`)).mask?.url;
  const classes = url ? await classesOf(url, size) : new Uint8Array(size.width * size.height);
  return { classes, ...size, baseId: base?.id ?? "", known };
}

async function read(path) {
  const answer = await request(path);
  if (answer.status === 401) leave();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

/* A mask as a picture: our own colours are classes; levels up to 2 are classes, too; else white is the ribeye. */
async function classesOf(url, { width, height }) {
  const sheet = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  sheet.imageSmoothingEnabled = false;
  sheet.drawImage(await picture(url, { readable: true }), 0, 0, width, height);
  const { data } = sheet.getImageData(0, 0, width, height);
  const levels = brightest(data) > FAT;
  const classes = new Uint8Array(width * height);
  for (let at = 0; at < classes.length; at += 1) classes[at] = levels ? coloured(data, 4 * at) : data[4 * at];
  return classes;
}

function brightest(data) {
  let most = 0;
  for (let at = 0; at < data.length && most <= FAT; at += 4) most = Math.max(most, data[at], data[at + 1], data[at + 2]);
  return most;
}

function coloured(data, at) {
  const [red, green, blue, alpha] = [data[at], data[at + 1], data[at + 2], data[at + 3]];
  if (alpha < WHITE_FROM || (red + green + blue) / 3 < WHITE_FROM / 2) return 0;
  if (red > green + 32 && green > blue + 32) return FAT;
  if (green > red + 64) return RIBEYE;
  return (red + green + blue) / 3 >= WHITE_FROM ? RIBEYE : 0;
}
