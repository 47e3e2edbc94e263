/** How good the forecasts were: a summary beside the map, and all of it in a window of its own. */

import "./verification.css";
import { askJson } from "./api";
import { leadBars, reliabilityChart } from "./charts";
import { fillSelect, find, make } from "./dom";
import { both } from "./times";
import { isWord, word, type Word } from "./words";

export interface Score {
  against: string;
  score: string;
  horizon: string;
  value: number | null;
  low: number | null;
  high: number | null;
  cases: number;
  blocks: number;
  blocks_of: string;
  events: number | null;
  forecast: string | null;
  reference: string | null;
  threshold_m: number | null;
  district: string | null;
  lead_minutes: number | null;
}

export interface Diagram {
  against: string;
  threshold_m: number;
  cases: number;
  events: number;
  reliability: { forecast: number; observed: number; cases: number; low: number; high: number }[];
}

export interface PlaceScore {
  against: string;
  place: string;
  name: string;
  cases: number;
  hits: number;
  misses: number;
  false_alarms: number;
  onsets: number;
  onsets_warned: number;
  lead_time_minutes: number | null;
}

interface Verification {
  city: string;
  made: boolean;
  as_of: string | null;
  first_issue: string | null;
  last_issue: string | null;
  runs: number;
  trigger: number | null;
  notes: string[];
  rows: Score[];
  diagrams: Diagram[];
  places: PlaceScore[];
}

const NOTHING = "–";
const IN_SUMMARY = ["hit_rate", "false_alarm_ratio", "csi", "lead_time_minutes"];
const IN_TABLE = [
  "csi",
  "hit_rate",
  "false_alarm_ratio",
  "false_alarm_rate",
  "frequency_bias",
  "brier",
  "roc_area",
  "crps_m",
  "spread_skill",
  "onset_hit_rate",
  "lead_time_minutes",
];
const SKILLS = ["crps_skill", "brier_skill"];
const FORECASTS = ["ensemble", "persistence", "uncorrected"];
const MOST_PLACES = 40;

let shown: Verification | null = null;
let failed = false;
let wanted = "";

/** Ask for the verification of a city and show it; what was asked for last counts. */
export async function loadVerification(city: string): Promise<void> {
  wanted = city;
  const path = `/api/verification?city=${encodeURIComponent(city)}`;
  const found = await askJson<Verification>(path).catch((error) => {
    console.error(error);
    return null;
  });
  if (wanted !== city) return;
  [shown, failed] = [found, found === null];
  writeVerification();
}

/** Write summary and window again, in the language of the page. */
export function writeVerification(): void {
  const text = find("verification-text");
  const list = find("verification-summary");
  find("verification-open").hidden = !shown?.made;
  list.replaceChildren();
  if (!shown?.made) {
    text.textContent = word(failed ? "verificationFailed" : "notVerified");
    return;
  }
  text.textContent = `${shown.runs} ${word("forecastsScored")} · ${shown.as_of ? both(shown.as_of) : ""}`;
  for (const row of summaryRows(shown)) {
    const sample = make("span", "quiet-text", ` n ${row.cases.toLocaleString()}`);
    list.append(make("dt", "", scoreName(row)), make("dd", "", valued(row), sample));
  }
  if (find<HTMLDialogElement>("verification-window").open) fillWindow(shown);
}

/** The main scores against the first kind of evidence, for the deepest threshold. */
function summaryRows(from: Verification): Score[] {
  const against = from.rows[0]?.against;
  const deepest = Math.max(...from.rows.map((row) => row.threshold_m ?? 0));
  return IN_SUMMARY.flatMap((name) =>
    from.rows.filter(
      (row) =>
        row.score === name &&
        row.against === against &&
        row.horizon === "all" &&
        row.district === null &&
        (row.forecast ?? "ensemble") === "ensemble" &&
        row.threshold_m === deepest,
    ),
  );
}

function openWindow(): void {
  if (!shown) return;
  const dialog = find<HTMLDialogElement>("verification-window");
  dialog.showModal();
  fillWindow(shown);
}

function fillWindow(from: Verification): void {
  const kinds = [...new Set(from.rows.map((row) => row.against))];
  const chooser = find<HTMLSelectElement>("verification-against");
  const chosen = kinds.includes(chooser.value) ? chooser.value : (kinds[0] ?? "");
  fillSelect(chooser, kinds.map((kind) => [kind, named(kind)]), chosen);
  const rows = from.rows.filter((row) => row.against === chosen && row.district === null);
  const depths = [...new Set(rows.map((row) => row.threshold_m).filter((depth) => depth !== null))];
  const body = find("verification-body");
  body.replaceChildren(facts(from));
  const timed = rows.filter((row) => row.threshold_m === null);
  if (timed.length > 0) body.append(section(word("depthScores"), scoreTable(timed)));
  for (const depth of depths) {
    const those = rows.filter((row) => row.threshold_m === depth && row.lead_minutes === null);
    const parts = [scoreTable(those)];
    const diagram = from.diagrams.find((d) => d.against === chosen && d.threshold_m === depth);
    if (diagram) parts.push(reliabilityChart(diagram));
    body.append(section(`${word("deeperThan")} ${depth} m`, ...parts));
  }
  const places = from.places.filter((place) => place.against === chosen);
  if (places.length > 0) body.append(section(word("byPlace"), placePart(places)));
}

function facts(from: Verification): HTMLElement {
  const list = make("ul", "quiet-text verification-notes");
  const span = [from.first_issue, from.last_issue].map((time) => (time ? both(time) : NOTHING));
  const first = `${from.runs} ${word("forecastsScored")}: ${span.join(" – ")}`;
  const trigger = `${word("warningFrom")} ${Math.round(100 * (from.trigger ?? 0))} %`;
  for (const note of [first, trigger, word("intervalNote"), ...from.notes]) {
    list.append(make("li", "", note));
  }
  return list;
}

function section(title: string, ...inside: Element[]): HTMLElement {
  return make("section", "verification-part", make("h3", "", title), ...inside);
}

/** A row a score and forecast, a column a horizon; the sample size below each value. */
function scoreTable(rows: Score[]): HTMLElement {
  const horizons = [...new Set(rows.map((row) => row.horizon))];
  const head = make("tr", "", make("th", "", word("score")));
  for (const horizon of horizons) {
    head.append(make("th", "", horizon === "all" ? word("allHorizons") : horizon));
  }
  const body = make("tbody");
  for (const name of [...IN_TABLE, ...SKILLS]) {
    const those = rows.filter((row) => row.score === name);
    for (const line of linesOf(those)) {
      const cells = horizons.map((horizon) => cell(line.find((row) => row.horizon === horizon)));
      body.append(make("tr", "", make("th", "", scoreName(line[0])), ...cells));
    }
  }
  const table = make("table", "", make("thead", "", head), body);
  return make("div", "verification-table", table);
}

/** Rows of one score, apart for each forecast or reference. */
function linesOf(rows: Score[]): Score[][] {
  const lines = new Map<string, Score[]>();
  for (const row of rows) {
    const key = row.reference ?? row.forecast ?? "ensemble";
    lines.set(key, [...(lines.get(key) ?? []), row]);
  }
  const order = (key: string) => FORECASTS.indexOf(key);
  return [...lines].sort(([a], [b]) => order(a) - order(b)).map(([, line]) => line);
}

function cell(row: Score | undefined): HTMLElement {
  if (!row) return make("td", "", NOTHING);
  const sample = `n ${row.cases.toLocaleString()}${row.events === null ? "" : ` · ${row.events} ${word("events")}`}`;
  return make("td", "", make("span", "", valued(row)), make("small", "quiet-text", sample));
}

function placePart(places: PlaceScore[]): HTMLElement {
  const head = make("tr");
  for (const key of ["place", "hits", "misses", "falseAlarms", "floods", "leadShort"] as Word[]) {
    head.append(make("th", "", word(key)));
  }
  const body = make("tbody");
  for (const place of places.slice(0, MOST_PLACES)) {
    const lead = place.lead_time_minutes;
    const numbers = [place.hits, place.misses, place.false_alarms].map(String);
    numbers.push(`${place.onsets_warned} / ${place.onsets}`);
    numbers.push(lead === null ? NOTHING : `${Math.round(lead)} ${word("minutes")}`);
    const cells = numbers.map((text) => make("td", "", text));
    body.append(make("tr", "", make("th", "", place.name || place.place), ...cells));
  }
  const table = make("table", "", make("thead", "", head), body);
  const flooded = places.filter((place) => place.onsets > 0).slice(0, MOST_PLACES);
  const part = make("div", "", make("div", "verification-table", table));
  if (flooded.length > 0) part.append(leadBars(flooded));
  return part;
}

/** "0.62 [0.50, 0.71]"; a dash where these cases do not say. */
function valued(row: Score): string {
  if (row.value === null) return NOTHING;
  const unit = row.score.endsWith("_minutes") ? ` ${word("minutes")}` : "";
  const text = `${digits(row.value)}${unit}`;
  return row.low === null || row.high === null
    ? text
    : `${text} [${digits(row.low)}, ${digits(row.high)}]`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 10 ? 0 : size < 0.1 && size > 0 ? 3 : 2);
}

function scoreName(row: Score): string {
  const name = named(row.score);
  if (row.reference) return `${name} ${word("over")} ${named(row.reference)}`;
  return row.forecast && row.forecast !== "ensemble" ? `${name}, ${named(row.forecast)}` : name;
}

function named(key: string): string {
  return isWord(key) ? word(key) : key;
}

find("verification-open").addEventListener("click", openWindow);
find("verification-close").addEventListener("click", () => {
  find<HTMLDialogElement>("verification-window").close();
});
find("verification-against").addEventListener("change", () => {
  if (shown) fillWindow(shown);
});
