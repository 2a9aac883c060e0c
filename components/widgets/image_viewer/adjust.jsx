/* The panel for brightness, contrast, gamma and inversion, and the filter that shows them.
 *
 * Adjust:        look, setLook    (adjust.js)
 * AdjustFilter:  id, look         the filter a canvas names in its style; tables are exact to 1/255 */
import { AS_IT_IS, curve, isChanged } from "$/public/external/components/widgets/image_viewer/image_viewer/adjust.js";
import { Slider, Tool } from "$/public/external/components/widgets/image_viewer/image_viewer/tool.jsx";

const LEVELS = 256;
const SLIDERS = [["brightness", "Brightness", -0.6, 0.6, 0.02], ["contrast", "Contrast", -0.8, 0.8, 0.02], ["gamma", "Gamma", 0.3, 3, 0.05]];

export function Adjust({ look, setLook }) {
  const set = (name, value) => setLook((now) => ({ ...now, [name]: value }));
  return (
    <div className="viewer-panel" role="group" aria-label="Adjust the picture">
      {SLIDERS.map(([name, label, min, max, step]) => (
        <Slider key={name} label={label} value={look[name]} onChange={(value) => set(name, value)} {...{ min, max, step }} />
      ))}
      <div className="viewer-row">
        <Tool label="Invert" hint="Y" keys="Y" on={look.invert} onClick={() => set("invert", !look.invert)} />
        <Tool label="As captured" disabled={!isChanged(look)} onClick={() => setLook(AS_IT_IS)} />
      </div>
    </div>
  );
}

export function AdjustFilter({ id, look }) {
  const tableValues = curve(look, LEVELS).map((level) => level.toFixed(4)).join(" ");
  return (
    <svg width="0" height="0" aria-hidden="true" className="viewer-filter">
      <filter id={id} colorInterpolationFilters="sRGB" x="0" y="0" width="100%" height="100%">
        <feComponentTransfer>
          <feFuncR type="table" tableValues={tableValues} />
          <feFuncG type="table" tableValues={tableValues} />
          <feFuncB type="table" tableValues={tableValues} />
        </feComponentTransfer>
      </filter>
    </svg>
  );
}
