/* Brightness, contrast, gamma and inversion of what is shown; the image itself and every measure stay as they are.
 *
 * AS_IT_IS              { brightness: 0, contrast: 0, gamma: 1, invert: false }; the first two are -1..1
 * isChanged(look)       whether anything differs from that
 * curve(look, count)    the brightness (0..1) that each of `count` levels gets: a table for a filter or for pixels
 * applied(look, data)   change RGBA bytes in place */
export const AS_IT_IS = { brightness: 0, contrast: 0, gamma: 1, invert: false };

export const isChanged = (look) => Object.keys(AS_IT_IS).some((name) => look[name] !== AS_IT_IS[name]);

export function curve({ brightness, contrast, gamma, invert }, count) {
  const steepness = contrast < 0 ? 1 + contrast : 1 / (1 - Math.min(0.95, contrast));
  return Array.from({ length: count }, (_, index) => {
    const level = ((index / (count - 1)) ** (1 / gamma) - 0.5) * steepness + 0.5 + brightness;
    const kept = Math.max(0, Math.min(1, level));
    return invert ? 1 - kept : kept;
  });
}

export function applied(look, data) {
  const table = Uint8Array.from(curve(look, 256), (level) => Math.round(level * 255));
  for (let at = 0; at < data.length; at += 1) if (at % 4 !== 3) data[at] = table[data[at]];
}
