/* Lengths and areas as people read them: metric or imperial where the image is calibrated, pixels otherwise.
 *
 * lengthScale(calibration, units) → { across, down, unit, digits }: what a pixel is long, in the unit that is told
 * words(value, kind, units)       → "82.4 cm²"; kind: "cm²", "mm" or "px"; empty for null */
const MM_PER_IN = 25.4;
const CM2_PER_IN2 = 6.4516;
const SCALES = {
  metric: { "cm²": ["cm²", 1, 1], mm: ["mm", 1, 1] },
  imperial: { "cm²": ["in²", CM2_PER_IN2, 2], mm: ["in", MM_PER_IN, 2] },
};

const scaleOf = (kind, units) => (SCALES[units] ?? SCALES.metric)[kind] ?? [kind, 1, 0];

export function lengthScale(calibration, units) {
  if (!calibration) return { across: 1, down: 1, unit: "px", digits: 0 };
  const [unit, size, digits] = scaleOf("mm", units);
  return { across: calibration.mm_per_px_x / size, down: calibration.mm_per_px_y / size, unit, digits };
}

export function words(value, kind, units) {
  const [unit, size, digits] = scaleOf(kind, units);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value === null ? "" : `${(value / size).toLocaleString("en", options)} ${unit}`;
}
