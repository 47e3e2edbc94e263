/**
 * Rain above the slider, on its time: bars that were measured, boxes that the members expect, and
 * before them what gauges measured since.
 */

import "./hyetograph.css";
import type { MeasuredSince, RainInterval, RainSince } from "./api";
import { showBeaten } from "./beaten";
import { find, make } from "./dom";
import { number, withParts } from "./rain_text";
import type { RunContent } from "./run";
import { clock } from "./times";
import { type Word, word } from "./words";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 30;
const HOUR_MS = 3_600_000;
/** Drizzle must not look like a storm: the scale reaches at least so far [mm/h]. */
const LEAST_SCALE = 5;
const LAST_HOUR = 6;
/** As often as the page looks for news. */
const LISTEN_AGAIN_MS = 20_000;
/** From so many intervals on, outlines of boxes would be all that is seen of them. */
const DENSE = 60;

const SOURCES: Record<string, Word> = {
  gauges: "fromGauges",
  radar: "fromRadar",
  merged: "fromMerged",
  extrapolated: "fromExtrapolated",
  numerical: "fromNumerical",
  blended: "fromBlended",
  persistence: "fromPersistence",
};
const KINDS = { measured: "kindMeasured", estimated: "kindEstimated", expected: "kindExpected" } as const;

export class Hyetograph {
  private readonly line = find("rain-line");
  private readonly chart = find<SVGSVGElement>("rain");
  private readonly narrow = matchMedia("(max-width: 899px)");
  private rows: RainInterval[] = [];
  private since: RainSince | null = null;
  private content: RunContent | null = null;
  private times: string[] = [];
  /** A forecast that was made before runs kept their rain. */
  private isMissing = false;
  private from = 0;
  private at: SVGElement | null = null;
  private shown: string | null = null;

  constructor() {
    this.narrow.addEventListener("change", () => this.translate());
    // who does not answer is told of elsewhere; what was heard stays
    setInterval(() => void this.listen().catch(() => undefined), LISTEN_AGAIN_MS);
  }

  open(content: RunContent | null): void {
    this.times = content?.frames?.times ?? [];
    this.rows = this.times.length > 1 ? (content?.rain ?? []) : [];
    this.content = content;
    this.since = content?.rainSince ?? null;
    this.isMissing = content?.run.kind === "forecast" && content.rain === null;
    this.shown = null;
    this.translate();
  }

  translate(): void {
    this.draw();
    this.mark(this.shown);
    showBeaten(this.since, this.times);
  }

  /** Ask what gauges measured by now, of the forecast that is shown. */
  private async listen(): Promise<void> {
    const asked = this.content;
    if (!asked?.rainSince) return;
    const heard = await asked.hearRain();
    if (asked !== this.content) return;
    asked.rainSince = heard;
    this.since = heard;
    this.translate();
  }

  /** Show where a time lies and what falls then; null: the whole run is shown. */
  mark(time: string | null): void {
    this.shown = time;
    const isEmpty = this.rows.length === 0;
    this.line.hidden = isEmpty;
    this.line.replaceChildren(...(isEmpty ? [] : this.told(time)));
    find("rain-missing").hidden = !this.isMissing;
    find("rain-missing").textContent = word("rainNotKnown");
    if (this.at === null) return;
    this.at.toggleAttribute("hidden", time === null);
    if (time !== null) place(this.at, { x1: this.share(time), x2: this.share(time) });
  }

  /** How much fell in the last hour, what was measured since, and what is expected at a time, or at most. */
  private told(time: string | null): HTMLElement[] {
    const past = this.rows.filter((row) => row.kind !== "expected").slice(-LAST_HOUR);
    const told = past.length > 0 ? [sumOf(past)] : [];
    const ahead = this.rows.filter((row) => row.kind === "expected");
    const row = time === null ? wettest(ahead) : intervalAt(this.rows, time);
    const heard = this.since?.intervals.at(-1);
    if (heard) told.push(heardText(heard));
    if (row !== undefined) told.push(rateOf(row, time));
    return told;
  }

  private draw(): void {
    this.chart.replaceChildren();
    this.at = null;
    const track = find("track");
    const isEmpty = this.rows.length === 0;
    this.chart.toggleAttribute("hidden", isEmpty);
    const [first, last] = [Date.parse(this.times[0] ?? ""), Date.parse(this.times[this.times.length - 1] ?? "")];
    const past = isEmpty ? 0 : this.pastOf(first, last);
    this.from = first - past;
    track.style.setProperty("--past", String(isEmpty ? 0 : past / (past + last - first)));
    if (isEmpty) return;
    this.line.title = word("rainMeaning");
    const rows = this.rows.filter((row) => Date.parse(row.time) >= this.from && Date.parse(row.time) < last);
    const since = (this.since?.intervals ?? []).filter((row) => Date.parse(row.time) < last);
    const rates = rows.map((row) => row.mean_p90_mm_h ?? row.mean_mm_h ?? 0);
    const top = Math.max(LEAST_SCALE, ...rates, ...since.map((row) => row.mean_mm_h));
    this.chart.classList.toggle("dense", rows.length > DENSE);
    this.chart.append(...rows.flatMap((row) => this.shapes(row, top)));
    this.chart.append(...since.map((row) => this.bar(row, top)), ...this.scale(top));
    this.at = shape("line", { y1: 0, y2: HEIGHT, class: "rain-at" });
    this.chart.append(this.at);
  }

  /** How much of the time before is shown [ms]: an hour or more, less on a phone, and no more than is known. */
  private pastOf(first: number, last: number): number {
    const wanted = this.narrow.matches ? (last - first) / 6 : Math.max(HOUR_MS, (last - first) / 4);
    const oldest = this.rows.find((row) => Date.parse(row.time) >= first - wanted);
    return oldest ? Math.max(0, first - Date.parse(oldest.time)) : 0;
  }

  private share(time: string): string {
    const last = Date.parse(this.times[this.times.length - 1]);
    const share = (Date.parse(time) - this.from) / (last - this.from);
    return `${100 * Math.min(Math.max(share, 0), 1)}%`;
  }

  private shapes(row: RainInterval, top: number): SVGElement[] {
    const [left, right] = [Number.parseFloat(this.share(row.time)), Number.parseFloat(this.share(row.until))];
    const y = (rate: number) => HEIGHT - (HEIGHT * Math.min(rate, top)) / top;
    const [low, middle, high] = [row.mean_p10_mm_h ?? 0, row.mean_p50_mm_h, row.mean_p90_mm_h ?? row.mean_mm_h ?? 0];
    const gap = 0.06 * (right - left);
    const across = { x: `${left + gap}%`, width: `${right - left - 2 * gap}%` };
    const box = shape("rect", { ...across, y: y(high), height: y(low) - y(high), class: `rain-${row.kind}` });
    const title = document.createElementNS(SVG, "title");
    title.textContent = meaning(row);
    box.append(title);
    if (middle === null) return [box];
    const median = { x1: `${left + gap}%`, x2: `${right - gap}%`, y1: y(middle), y2: y(middle) };
    return [box, shape("line", { ...median, class: "rain-median" })];
  }

  /** Solid as all that was measured, and narrower than the box that was expected, which shows beside it. */
  private bar(row: MeasuredSince, top: number): SVGElement {
    const [left, right] = [Number.parseFloat(this.share(row.time)), Number.parseFloat(this.share(row.until))];
    const height = (HEIGHT * Math.min(row.mean_mm_h, top)) / top;
    const across = { x: `${left + 0.25 * (right - left)}%`, width: `${0.5 * (right - left)}%` };
    const box = shape("rect", { ...across, y: HEIGHT - height, height, class: "rain-measured rain-since" });
    box.dataset.verdict = row.verdict ?? "none";
    const title = document.createElementNS(SVG, "title");
    title.textContent = `${clock(row.time)}–${clock(row.until)} ${word("kindMeasured")}: ${number(row.mean_mm_h)} mm/h · ${heardBy(row)}`;
    box.append(title);
    return box;
  }

  private scale(top: number): SVGElement[] {
    const text = shape("text", { x: "100%", y: 10, "text-anchor": "end" });
    text.textContent = `${number(top)} mm/h`;
    return [shape("line", { x1: 0, x2: "100%", y1: 0, y2: 0, class: "rain-top" }), text];
  }
}

function sumOf(past: RainInterval[]): HTMLElement {
  const millimetres = past.reduce((sum, row) => sum + (row.mean_mm_h ?? 0), 0) / LAST_HOUR;
  const isMeasured = past.every((row) => row.kind === "measured");
  const minutes = (past.length * 60) / LAST_HOUR;
  const said = [number(millimetres), String(minutes)];
  const text = make("span", "", withParts(isMeasured ? "rainMeasured" : "rainPartly", said));
  text.dataset.kind = isMeasured ? "measured" : "estimated";
  const sources = [...new Set(past.map((row) => sourceOf(row)))].join(", ");
  text.title = `${clock(past[0].time)}–${clock(past[past.length - 1].until)} · ${sources}`;
  return text;
}

function rateOf(row: RainInterval, time: string | null): HTMLElement {
  const quantiles = [row.mean_p50_mm_h, row.mean_p10_mm_h, row.mean_p90_mm_h].map((rate) => number(rate ?? 0));
  const isAhead = row.kind === "expected";
  const name = !isAhead ? "rainNow" : time === null ? "rainAtMost" : "rainExpected";
  const rates = isAhead ? quantiles : [number(row.mean_mm_h ?? 0)];
  const text = make("span", "", `${withParts(name, [clock(time ?? row.time), ...rates])} · ${sourceOf(row)}`);
  text.dataset.kind = row.kind;
  return text;
}

/** "measured to 15:20: 110 mm/h, more than the 32–60 expected". */
function heardText(row: MeasuredSince): HTMLElement {
  const told = [withParts("rainHeard", [clock(row.until), number(row.mean_mm_h)])];
  const expected = [number(row.expected_p10_mm_h ?? 0), number(row.expected_p90_mm_h ?? 0)];
  if (row.verdict === "beaten") told.push(withParts("rainBeyond", expected));
  if (row.verdict === "spared") told.push(withParts("rainBelow", expected));
  if (row.gauges_heard < row.gauges) told.push(heardBy(row));
  const sign = row.verdict === "beaten" ? "⚠ " : "";
  const text = make("span", "", `${sign}${told.join(word("rainComma"))}`);
  text.dataset.kind = "measured";
  text.dataset.verdict = row.verdict ?? "none";
  text.title = word("rainSinceMeaning");
  return text;
}

function heardBy(row: MeasuredSince): string {
  return withParts("rainHeardBy", [String(row.gauges_heard), String(row.gauges)]);
}

function meaning(row: RainInterval): string {
  const rates =
    row.kind === "expected"
      ? `${number(row.mean_p50_mm_h ?? 0)} (${number(row.mean_p10_mm_h ?? 0)}–${number(row.mean_p90_mm_h ?? 0)})`
      : number(row.mean_mm_h ?? 0);
  const highest = `${word("rainHighest")} ${number(row.max_mm_h)}`;
  return `${clock(row.time)}–${clock(row.until)} ${word(KINDS[row.kind])}: ${rates} mm/h, ${highest} · ${sourceOf(row)}`;
}

function intervalAt(rows: RainInterval[], time: string): RainInterval | undefined {
  const moment = Date.parse(time);
  return rows.find((row) => moment >= Date.parse(row.time) && moment < Date.parse(row.until)) ?? endingAt(rows, moment);
}

/** The last time of a run is the end of the last interval. */
function endingAt(rows: RainInterval[], moment: number): RainInterval | undefined {
  return rows.find((row) => Date.parse(row.until) === moment);
}

function wettest(rows: RainInterval[]): RainInterval | undefined {
  const rate = (row: RainInterval) => row.mean_p50_mm_h ?? 0;
  return rows.length > 0 ? rows.reduce((most, row) => (rate(row) > rate(most) ? row : most)) : undefined;
}

function sourceOf(row: RainInterval): string {
  const name = SOURCES[row.source];
  return name ? word(name) : word("notKnown");
}

function shape(tag: string, attributes: Record<string, string | number>): SVGElement {
  return place(document.createElementNS(SVG, tag), attributes);
}

function place(element: SVGElement, attributes: Record<string, string | number>): SVGElement {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
