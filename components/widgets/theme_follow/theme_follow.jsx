/* Brings a person's own theme to whichever browser they sign in with.
 *
 * Props: theme ("light" | "dark" | "system", or "" while nobody is known)
 *
 * It acts only when the stored choice changes, so a press on the switch is never undone while it is being saved. */
import { useContext, useEffect } from "react";
import { ColorModeContext } from "$/utils/context";

export function ThemeFollow({ theme = "" }) {
  const { rawColorMode, setColorMode } = useContext(ColorModeContext);
  useEffect(() => {
    if (theme && theme !== rawColorMode) setColorMode(theme);
  }, [theme]);
  return null;
}
