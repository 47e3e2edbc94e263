/** The warning that rain gauges have overtaken the forecast that is shown. */

import type { RainSince } from "./api";
import { find, make } from "./dom";
import { present } from "./exercise";
import { number, withParts } from "./rain_text";
import { clock } from "./times";
import { language, word } from "./words";

let strip: HTMLElement | null = null;

/** Say above the map that it rains more than was forecast, while the forecast with these times holds. */
export function showBeaten(since: RainSince | null, times: string[]): void {
  const row = since?.verdict === "beaten" ? since.speaks : null;
  const hasEnded = times.length > 0 && Date.parse(times[times.length - 1]) < present();
  strip ??= placed();
  strip.hidden = row === null || hasEnded;
  if (row === null || hasEnded) return;
  const rates = [row.mean_mm_h, row.expected_p10_mm_h ?? 0, row.expected_p90_mm_h ?? 0].map(number);
  const text = withParts("rainBeatenBy", [...rates, clock(row.time), clock(row.until)]);
  const gap = language() === "en" ? " " : "";
  const said = `${word("rainBeaten")}${gap}${text}`;
  if (strip.dataset.said === said) return; // is not read out again
  strip.dataset.said = said;
  strip.title = word("rainSinceMeaning");
  strip.replaceChildren(make("span", "beaten-sign", "⚠"), make("strong", "", word("rainBeaten")), `${gap}${text}`);
}

function placed(): HTMLElement {
  const box = make("div", "beaten", "");
  box.id = "beaten";
  box.setAttribute("role", "alert");
  find("trouble").after(box);
  return box;
}
