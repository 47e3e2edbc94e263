/** The ranked list of places that will flood, and the card of one of them. */

import type { Hotspot, RunDetail } from "./api";
import { find, make } from "./dom";
import { present } from "./exercise";
import { afterStart, both, clock, duration, isRelative } from "./times";
import { isWord, language, word } from "./words";

const NOTHING = "–";
const MINUTE_MS = 60_000;

/** Name of the place in the language of the page, as far as the city has it. */
export function placeOf(hotspot: Hotspot): string {
  return (language() === "en" ? null : hotspot.place_zh) ?? hotspot.place ?? NOTHING;
}

function districtOf(hotspot: Hotspot): string {
  return (language() === "en" ? null : hotspot.district_zh) ?? hotspot.district ?? "";
}

/** Each row's line about what is to come, and how to write it by the clock. */
let lines: { line: HTMLElement; write: () => HTMLElement[] }[] = [];
let toldMinute = 0;

/** List the places of a run, by its kind and times; null: there is no run, or it ranked none. */
export function showHotspots(
  hotspots: Hotspot[] | null,
  run: RunDetail | null,
  open: (hotspot: Hotspot) => void,
): void {
  const list = find<HTMLOListElement>("hotspots");
  lines = [];
  find("hotspot-count").textContent = hotspots ? String(hotspots.length) : "";
  if (!hotspots || hotspots.length === 0) {
    const text = word(run === null ? "noRun" : hotspots ? "noHotspots" : "noHotspotProduct");
    list.replaceChildren(make("li", "empty", text));
    return;
  }
  list.replaceChildren(...hotspots.map((hotspot) => row(hotspot, run, open)));
}

/** Write again what the clock of the page has changed: leads shrink, and pass. */
export function tellLeads(): void {
  const minute = Math.floor(present() / MINUTE_MS);
  if (minute === toldMinute) return;
  toldMinute = minute;
  for (const { line, write } of lines) line.replaceChildren(...write());
}

function row(
  hotspot: Hotspot,
  run: RunDetail | null,
  open: (hotspot: Hotspot) => void,
): HTMLLIElement {
  const write = () => outlook(hotspot, run);
  const line = make("span", "line", ...write());
  lines.push({ line, write });
  const button = make(
    "button",
    "hotspot",
    make("span", "rank", String(hotspot.rank)),
    make(
      "span",
      "where",
      make("strong", "", placeOf(hotspot)),
      make("span", "quiet-text", districtOf(hotspot)),
    ),
    make(
      "span",
      "depth",
      make("strong", "", metres(hotspot.depth_p50_m)),
      make("span", "quiet-text", range(hotspot)),
    ),
    line,
  );
  button.type = "button";
  button.dataset.rank = String(hotspot.rank);
  button.addEventListener("click", () => open(hotspot));
  return make("li", "", button);
}

/** Probability, first water, people, lead: only what the run knows. */
function outlook(hotspot: Hotspot, run: RunDetail | null): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (hotspot.probability !== null) {
    const chance = make("span", "chance", percent(hotspot.probability));
    chance.style.setProperty("--chance", String(hotspot.probability));
    parts.push(chance);
  }
  const { first_time: first } = hotspot;
  if (wasWet(hotspot, run)) parts.push(make("span", "late", word("alreadyWet")));
  else if (first !== null) parts.push(make("span", "", `${word("from")} ${when(first, run)}`));
  if (hotspot.people !== null) {
    parts.push(make("span", "", `${whole(hotspot.people)} ${word("people")}`));
  }
  if (hotspot.effective_lead_minutes !== null && !wasWet(hotspot, run)) {
    const { text, isLate } = lead(hotspot, run);
    const told = make("span", isLate ? "late" : "", isLate ? text : `${word("lead")} ${text}`);
    told.title = word("leadMeans");
    parts.push(told);
  }
  return parts;
}

/** Whether there was water before the forecast was issued. */
export function wasWet({ first_time: first }: { first_time: string | null }, run: RunDetail | null): boolean {
  const issued = run?.kind === "forecast" ? run.issue_time : null;
  return first !== null && issued !== null && Date.parse(first) <= Date.parse(issued);
}

/** A time of the day, or after the start where the run has no date. */
export function when(time: string, run: RunDetail | null): string {
  return isRelative(run) ? afterStart(time, run?.valid_from ?? time) : clock(time);
}

/** What is left by the clock of the page until the water comes; of no forecast: as it was made. */
function lead(hotspot: Hotspot, run: RunDetail | null): { text: string; isLate: boolean } {
  const { first_time: first, effective_lead_minutes: made } = hotspot;
  if (run?.kind !== "forecast" || first === null) {
    const text = (made ?? 0) <= 0 ? word("noLead") : duration((made ?? 0) * 60);
    return { text, isLate: (made ?? 0) <= 0 };
  }
  const left = (Date.parse(first) - present()) / 1000;
  if (left > 0) return { text: duration(Math.max(60, left)), isLate: false };
  if (left > -60) return { text: word("dueNow"), isLate: true };
  return { text: `${word("due")} ${duration(left)}${language() === "en" ? " " : ""}${word("ago")}`, isLate: true };
}

/** Mark the row of the chosen place, and bring it into view. */
export function chooseRow(rank: number | null): void {
  for (const button of document.querySelectorAll<HTMLElement>(".hotspot")) {
    const chosen = button.dataset.rank === String(rank);
    button.classList.toggle("chosen", chosen);
    button.setAttribute("aria-current", String(chosen));
    if (chosen && matchMedia("(min-width: 900px)").matches) {
      button.scrollIntoView({ block: "nearest" });
    }
  }
}

export function showCard(hotspot: Hotspot, run: RunDetail | null, close: () => void): void {
  const card = find("card");
  const shut = make("button", "button quiet shut", "×");
  shut.type = "button";
  shut.setAttribute("aria-label", word("close"));
  shut.addEventListener("click", close);
  const facts: [string, string][] = [
    [word("depthMedian"), metres(hotspot.depth_p50_m)],
    [word("depthRange"), range(hotspot) || NOTHING],
    [word("probability"), hotspot.probability === null ? NOTHING : percent(hotspot.probability)],
    [word("firstTime"), firstText(hotspot, run)],
    [word("leadLong"), leadText(hotspot, run)],
    [word("peopleLong"), hotspot.people === null ? NOTHING : whole(hotspot.people)],
    [word("cause"), translated(hotspot.cause)],
  ];
  if (hotspot.kind) facts.push([word("kind"), translated(hotspot.kind)]);
  card.replaceChildren(
    shut,
    make("p", "quiet-text", `#${hotspot.rank} · ${districtOf(hotspot) || NOTHING}`),
    make("h3", "", placeOf(hotspot)),
    factList(facts),
  );
  card.hidden = false;
}

export function factList(facts: [string, string][]): HTMLDListElement {
  const list = make("dl", "facts");
  list.append(...factRows(facts));
  return list;
}

export function factRows(facts: [string, string | Node][]): HTMLElement[] {
  return facts.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]);
}

/** A word of the model in the language of the page, or as it came. */
function translated(text: string | null): string {
  if (text === null) return NOTHING;
  return isWord(text) ? word(text) : text;
}

function metres(depth: number | null): string {
  return depth === null ? NOTHING : `${depth.toFixed(depth < 10 ? 1 : 0)} m`;
}

function range(hotspot: Hotspot): string {
  const { depth_p10_m: low, depth_p90_m: high } = hotspot;
  return low === null || high === null ? "" : `${low.toFixed(1)}–${high.toFixed(1)} m`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-GB");
}

function firstText({ first_time: first }: Hotspot, run: RunDetail | null): string {
  if (first === null) return NOTHING;
  return isRelative(run) ? when(first, run) : both(first);
}

function leadText(hotspot: Hotspot, run: RunDetail | null): string {
  if (hotspot.effective_lead_minutes === null) return NOTHING;
  return wasWet(hotspot, run) ? word("alreadyWet") : lead(hotspot, run).text;
}
