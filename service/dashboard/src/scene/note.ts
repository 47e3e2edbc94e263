/** One line over the scene: what is still being made, or what went wrong; null: nothing. */

import { find } from "../dom";

export function note(text: string | null): void {
  const line = find("scene-note");
  line.hidden = text === null;
  if (line.textContent !== text) line.textContent = text ?? "";
}
