/* What lies under the pointer: column and row, how deep that is, and how bright the image itself is there.
 *
 * Props: stage (camera.js), source (pyramid.js), size, scale (units.js). Written without a render: it changes with every
 * move of the pointer. */
import { useEffect, useRef } from "react";

export function Values({ stage, source, size, scale }) {
  const line = useRef(null);
  useEffect(() => {
    const said = ({ x, y }) => {
      const [column, row] = [Math.floor(x), Math.floor(y)];
      if (column < 0 || row < 0 || column >= size.width || row >= size.height) return "";
      const grey = source.grey(column, row);
      const depth = scale.unit === "px" ? "" : ` · ${(y * scale.down).toFixed(scale.digits)} ${scale.unit} deep`;
      return `${column}, ${row}${grey === null ? "" : ` · grey ${grey}`}${depth}`;
    };
    stage.watch((point) => {
      line.current.textContent = point ? said(stage.at(point)) : "";
    });
    return () => stage.watch(null);
  }, [source, size.width, size.height, scale.unit, scale.down]);
  return <output ref={line} className="viewer-values" aria-label="Under the pointer" aria-live="off" />;
}
