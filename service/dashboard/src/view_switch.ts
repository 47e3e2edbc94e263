/** Which way the city is looked at: the map, or the scene in three dimensions. */

import { find } from "./dom";

export type ViewKind = "2d" | "3d";

/** What the address asks for. */
export function askedView(asked: URLSearchParams): ViewKind {
  return asked.get("view") === "3d" ? "3d" : "2d";
}

/** Say on the switch, and to the style sheet, which view is shown. */
export function showSwitch(kind: ViewKind): void {
  document.body.dataset.view = kind;
  for (const each of ["2d", "3d"]) {
    find(`view-${each}`).setAttribute("aria-pressed", String(each === kind));
  }
}
