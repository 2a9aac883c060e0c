/* Fetches the viewer while a list is looked at, so that opening a scan has nothing left to load but its image. */
import { useEffect } from "react";

const LATER_MS = 1500;

export function WarmViewer() {
  useEffect(() => {
    const timer = setTimeout(() => {
      import("$/public/external/components/widgets/image_viewer/image_viewer/image_viewer.jsx").catch(() => undefined); // asked for again when it is needed
    }, LATER_MS);
    return () => clearTimeout(timer);
  }, []);
  return null;
}
