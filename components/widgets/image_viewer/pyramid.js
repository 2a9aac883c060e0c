/* A picture as the canvas draws it: an ordinary one as it is, a large still as tiles of itself at half, a quarter … of
 * its size, so that a frame touches about as many pixels as the window has, however large the still is.
 *
 * sourceOf(picture) → Promise<{ draw(sheet, view, size), grey(x, y), picture, release() }>
 *   grey   the brightness 0..255 of a pixel of the image; null where the browser may not tell (an image of elsewhere) */
const TILED_FROM_PX = 6_000_000;
const TILE = 1024;
const WEIGHTS = [0.299, 0.587, 0.114];

export async function sourceOf(picture) {
  const { naturalWidth: width, naturalHeight: height } = picture;
  return width * height < TILED_FROM_PX ? whole(picture) : tiled(picture, await levelsOf(picture));
}

function whole(picture) {
  const draw = (sheet, view, size) => sheet.drawImage(picture, view.x, view.y, size.width * view.scale, size.height * view.scale);
  return { picture, draw, grey: (x, y) => greyOf(picture, x, y), release: () => undefined };
}

function tiled(picture, levels) {
  const draw = (sheet, view) => {
    const level = Math.max(0, Math.min(levels.length - 1, Math.floor(Math.log2(1 / view.scale))));
    sheet.imageSmoothingQuality = "low"; // within a factor of two there is nothing more to gain
    for (const tile of levels[level]) drawTile(sheet, view, tile, view.scale * 2 ** level);
  };
  const grey = (x, y) => {
    const tile = levels[0].find(({ left, top, bitmap }) => x >= left && y >= top && x < left + bitmap.width && y < top + bitmap.height);
    return tile ? greyOf(tile.bitmap, x - tile.left, y - tile.top) : null;
  };
  const release = () => levels.flat().forEach(({ bitmap }) => bitmap.close());
  return { picture, draw, grey, release };
}

/* Edges lie on whole device pixels, or seams would show between tiles. */
function drawTile(sheet, view, { left, top, bitmap }, scale) {
  const edge = (start, length) => Math.round(start + length * scale);
  const [x, y] = [edge(view.x, left), edge(view.y, top)];
  const [right, bottom] = [edge(view.x, left + bitmap.width), edge(view.y, top + bitmap.height)];
  if (right > 0 && bottom > 0 && x < sheet.canvas.width && y < sheet.canvas.height) sheet.drawImage(bitmap, x, y, right - x, bottom - y);
}

async function levelsOf(picture) {
  const levels = [];
  for (let level = await createImageBitmap(picture); ; ) {
    levels.push(await cut(level));
    if (level.width * level.height <= TILE * TILE) {
      level.close();
      return levels;
    }
    const smaller = halved(level);
    level.close();
    level = smaller;
  }
}

async function cut(level) {
  const tiles = [];
  for (let top = 0; top < level.height; top += TILE) {
    for (let left = 0; left < level.width; left += TILE) {
      const [width, height] = [Math.min(TILE, level.width - left), Math.min(TILE, level.height - top)];
      tiles.push({ left, top, bitmap: await createImageBitmap(level, left, top, width, height) });
    }
  }
  return tiles;
}

function halved(level) {
  const sheet = new OffscreenCanvas(Math.ceil(level.width / 2), Math.ceil(level.height / 2)).getContext("2d");
  sheet.drawImage(level, 0, 0, sheet.canvas.width, sheet.canvas.height);
  return sheet.canvas.transferToImageBitmap();
}

let pixel = null;

function greyOf(picture, x, y) {
  pixel ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  pixel.drawImage(picture, x, y, 1, 1, 0, 0, 1, 1);
  try {
    const { data } = pixel.getImageData(0, 0, 1, 1);
    return Math.round(WEIGHTS.reduce((sum, weight, part) => sum + weight * data[part], 0));
  } catch {
    pixel = null; // it must not be asked again once it has held a foreign image
    return null;
  }
}
