/** The layer switch and the legend of what is shown. */

import type { LegendStep, RasterField, RunDetail } from "./api";
import { fillSelect, find, make } from "./dom";
import { isWord, word } from "./words";

export const OVER_TIME = "time";

export function showLayers(run: RunDetail | null, chosen: string): void {
  const options: [string, string][] = [[OVER_TIME, word("timeLayer")]];
  for (const field of run?.fields ?? []) options.push([field.field, titleOf(field)]);
  fillSelect(find<HTMLSelectElement>("layer"), options, chosen);
}

export function showLegend(steps: LegendStep[], units: string): void {
  const rows = steps.map((step) => {
    const swatch = make("i", "swatch");
    swatch.style.background = step.colour;
    const text = step.upper === null ? `≥ ${step.lower}` : `${step.lower}–${step.upper}`;
    const brief = step.upper === null ? `≥ ${step.lower} ${units}` : String(step.lower);
    return make("li", "", swatch, make("span", "full", `${text} ${units}`), make("span", "brief", brief));
  });
  find("steps").replaceChildren(...rows);
}

export function titleOf(field: RasterField): string {
  if (field.threshold !== null) return `${word("probabilityLayer")} ${field.threshold} m`;
  return isWord(field.field) ? word(field.field) : field.title;
}
