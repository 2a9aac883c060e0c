/* What lies under the pointer: column and row, how deep that is, and how bright the image itself is there. With the
 * crosshair, lines through that place as well, and through the middle of the window where there is no pointer: a finger
 * or the arrows then move the image under it.
 *
 * Props: stage (camera.js), source (pyramid.js), size, scale (units.js), cross. Written without a render: it changes with
 * every move of the pointer. */
import { useEffect, useRef } from "react";
import { hairs } from "$/public/external/components/widgets/image_viewer/image_viewer/paint.js";

export function Values({ stage, source, size, scale, cross }) {
  const line = useRef(null);
  const pointer = useRef(null);
  useEffect(() => {
    const said = ({ x, y }) => {
      const [column, row] = [Math.floor(x), Math.floor(y)];
      if (column < 0 || row < 0 || column >= size.width || row >= size.height) return "";
      const grey = source.grey(column, row);
      const depth = scale.unit === "px" ? "" : ` · ${(y * scale.down).toFixed(scale.digits)} ${scale.unit} deep`;
      return `${column}, ${row}${grey === null ? "" : ` · grey ${grey}`}${depth}`;
    };
    const tell = (point) => {
      line.current.textContent = point ? said(stage.at(point)) : "";
    };
    const draw = (sheet, _view, density) => {
      const { width, height } = sheet.canvas;
      const place = pointer.current ?? { x: width / density / 2, y: height / density / 2 };
      hairs(sheet, place, density);
      tell(place);
    };
    stage.watch((point) => {
      pointer.current = point;
      if (cross) stage.redraw();
      else tell(point);
    });
    if (cross) stage.mark("cross", draw);
    else tell(pointer.current);
    return () => {
      stage.watch(null);
      stage.mark("cross", null);
    };
  }, [source, size.width, size.height, scale.unit, scale.down, cross]);
  return <output ref={line} className="viewer-values" aria-label="Under the pointer" aria-live="off" />;
}
