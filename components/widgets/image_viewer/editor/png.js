/* A mask as a PNG of grey levels that are its classes, 0, 1 and 2. A canvas would need four bytes a pixel for it.
 *
 * writePng({ classes, width, height }) → Promise<Blob> */
const SIGNATURE = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
const GREY_OF_8_BITS = [8, 0, 0, 0, 0];
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let rest = index;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

export async function writePng({ classes, width, height }) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set(GREY_OF_8_BITS, 8);
  const parts = [SIGNATURE, chunk("IHDR", header), chunk("IDAT", await deflated(rows(classes, width, height))), chunk("IEND", new Uint8Array())];
  return new Blob(parts, { type: "image/png" });
}

/* Each row begins with its filter: none. */
function rows(classes, width, height) {
  const lines = new Uint8Array((width + 1) * height);
  for (let y = 0; y < height; y += 1) lines.set(classes.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return lines;
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(name, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(name), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, checksum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

function checksum(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = TABLE[(rest ^ byte) & 255] ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}
