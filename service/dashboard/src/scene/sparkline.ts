/** A history as a small line, with its first and last time and its largest value. */

import { make } from "../dom";
import { clock } from "../times";
import type { ObjectHistory } from "./answers";
import { quantityName, quantityText } from "./quantities";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 200;
const HIGH = 34;

/** Null where there are fewer than two values. */
export function sparkline(history: ObjectHistory): HTMLElement | null {
  const values = history.values;
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const [least, most] = [Math.min(...known, 0), Math.max(...known)];
  const height = (value: number) => HIGH - 2 - ((HIGH - 4) * (value - least)) / (most - least || 1);
  const points = values.flatMap((value, index) =>
    value === null ? [] : [`${((WIDE * index) / (values.length - 1)).toFixed(1)},${height(value).toFixed(1)}`],
  );
  const chart = document.createElementNS(SVG, "svg");
  chart.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  chart.setAttribute("preserveAspectRatio", "none");
  chart.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", points.join(" "));
  line.setAttribute("class", `history-${history.kind}`);
  chart.append(line);
  const largest = quantityText(history.quantity, most, history.unit ?? "");
  const [first, last] = [history.times[0], history.times[history.times.length - 1]];
  return make(
    "figure",
    "history",
    make("figcaption", "", `${quantityName(history.quantity)} · ${quantityName(history.kind)} ≤ ${largest}`),
    chart,
    make("span", "ends quiet-text", make("span", "", clock(first)), make("span", "", clock(last))),
  );
}
