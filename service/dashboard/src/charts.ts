/** Small charts as SVG: how reliable probabilities were, and how early places were warned. */

import type { Diagram, PlaceScore } from "./verification";
import { make } from "./dom";
import { word } from "./words";

const SVG = "http://www.w3.org/2000/svg";
const SIZE = 240;
const EDGE = 34;
const LONGEST_BAR = 220;
const ROW = 20;
const NAME = 190;

function draw(tag: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

/** Observed frequency beside forecast probability; the size of a point is its cases. */
export function reliabilityChart(diagram: Diagram): HTMLElement {
  const full = SIZE + 2 * EDGE;
  const chart = draw("svg", { viewBox: `0 0 ${full} ${full}`, class: "chart", role: "img" });
  chart.setAttribute("aria-label", word("reliability"));
  const x = (share: number) => EDGE + SIZE * share;
  const y = (share: number) => EDGE + SIZE * (1 - share);
  chart.append(
    draw("rect", { x: x(0), y: y(1), width: SIZE, height: SIZE, class: "chart-frame" }),
    draw("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "chart-guide" }),
    draw("text", { x: x(0.5), y: full - 6, class: "chart-middle" }, word("forecastProbability")),
    draw("text", { x: 4, y: EDGE - 12 }, word("observedFrequency")),
    draw("text", { x: x(0), y: y(0) + 14, class: "chart-middle" }, "0"),
    draw("text", { x: x(1), y: y(0) + 14, class: "chart-middle" }, "1"),
  );
  const most = Math.max(...diagram.reliability.map((row) => row.cases));
  const points = diagram.reliability.map((row) => `${x(row.forecast)},${y(row.observed)}`);
  chart.append(draw("polyline", { points: points.join(" "), class: "chart-line" }));
  for (const row of diagram.reliability) {
    const [at, radius] = [x(row.forecast), 3 + 5 * Math.sqrt(row.cases / most)];
    const point = draw("circle", { cx: at, cy: y(row.observed), r: radius, class: "chart-point" });
    point.append(draw("title", {}, `${row.observed.toFixed(2)}, n ${row.cases}`));
    const bar = { x1: at, y1: y(row.low), x2: at, y2: y(row.high), class: "chart-bar" };
    chart.append(draw("line", bar), point);
  }
  const caption = `${word("reliability")}, n ${diagram.cases.toLocaleString()}, ${diagram.events} ${word("events")}`;
  return make("figure", "chart-box", chart, make("figcaption", "quiet-text", caption));
}

/** Mean lead of each place that flooded; a cross where no warning came in time. */
export function leadBars(places: PlaceScore[]): HTMLElement {
  const longest = Math.max(1, ...places.map((place) => place.lead_time_minutes ?? 0));
  const height = places.length * ROW + 6;
  const width = NAME + LONGEST_BAR + 70;
  const chart = draw("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart wide", role: "img" });
  chart.setAttribute("aria-label", word("leadAchieved"));
  places.forEach((place, number) => {
    const [top, lead] = [number * ROW + 4, place.lead_time_minutes];
    const length = (LONGEST_BAR * (lead ?? 0)) / longest;
    const text = lead === null ? `✕ ${word("noWarning")}` : `${Math.round(lead)} ${word("minutes")}`;
    chart.append(
      draw("text", { x: NAME - 8, y: top + 12, class: "chart-end" }, place.name || place.place),
      draw("rect", { x: NAME, y: top, width: length, height: ROW - 6, class: "chart-point" }),
      draw("text", { x: NAME + length + 6, y: top + 12, class: lead === null ? "chart-miss" : "" }, text),
    );
  });
  return make("figure", "chart-box", chart, make("figcaption", "quiet-text", word("leadAchieved")));
}
