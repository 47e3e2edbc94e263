/** Which runs can be laid beside the shown one, and what differs between the two in numbers. */

import { cityPath, type RunSummary } from "../api";
import { make } from "../dom";
import { factRows } from "../hotspots";
import { short } from "../times";
import { word } from "../words";
import { askIfThere, type Comparison, type Difference, type ScenarioSummary } from "./answers";
import { unitName } from "./quantities";

/** People in water of this depth [m] are the figure to begin with, as the hotspots are of it. */
const MAIN_DEPTH = 0.3;

/** A run to lay beside another one. */
export interface Pair {
  key: string;
  title: string;
  base: string;
  other: string;
  edits: string[];
}

/** Scenarios of the city, and its other runs beside the shown one. */
export async function pairsOf(city: string, shown: string): Promise<Pair[]> {
  const path = cityPath(city);
  const [scenarios, runs] = await Promise.all([
    askIfThere<ScenarioSummary[]>(`${path}/scenarios`),
    askIfThere<RunSummary[]>(`${path}/runs`),
  ]);
  const planned = (scenarios ?? []).map((each) => ({
    key: `scenario:${each.name}`,
    title: each.title || each.name,
    base: each.base_run,
    other: each.run,
    edits: each.edits.map(edited),
  }));
  const others = (runs ?? []).filter((run) => run.run_id !== shown);
  return [
    ...planned,
    ...others.map((run) => ({
      key: run.run_id,
      title: `${word(run.kind === "forecast" ? "forecast" : "scenario")} ${short(run.issue_time ?? run.created)}`,
      base: shown,
      other: run.run_id,
      edits: [],
    })),
  ];
}

/** What an edit did, after the name that its author gave it. */
function edited({ number, kind, name, text }: ScenarioSummary["edits"][number]): string {
  const isOwn = name && name !== `${kind.replaceAll("_", " ")} ${number}`;
  return isOwn && text ? `${name}: ${text}` : text || name;
}

/** What differs, as the parts of a card; one figure stands alone until a button opens the rest. */
export async function comparisonParts(city: string, pair: Pair, signal: AbortSignal): Promise<HTMLElement[]> {
  const asked = new URLSearchParams({ base: pair.base, other: pair.other });
  const found = await askIfThere<Comparison>(`${cityPath(city)}/compare?${asked}`, signal);
  const edits = make("ul", "edits", ...pair.edits.map((edit) => make("li", "", edit)));
  const parts: HTMLElement[] = pair.edits.length > 0 ? [edits] : [];
  if (!found) return [...parts, make("p", "quiet-text", word("noComparison"))];
  const rows: [string, string][] = [];
  const add = (name: string, difference: unknown, unit = "") => {
    if (isDifference(difference)) rows.push([name, differenceText(difference, unit)]);
  };
  for (const [depth, people] of Object.entries(found.people ?? {})) {
    add(`${word("peopleIn")} ${depth} m`, people);
  }
  add(word("buildings_flooded_over_run"), found.buildings?.flooded);
  add(word("damage"), found.damage, unitName(found.damage?.unit ?? ""));
  if (found.buildings?.relieved !== undefined) {
    rows.push([word("relieved"), String(found.buildings.relieved)]);
    rows.push([word("newlyFlooded"), String(found.buildings.newly_flooded ?? 0)]);
  }
  if (rows.length === 0) return [...parts, make("p", "quiet-text", word("noComparison"))];
  const people = Object.keys(found.people ?? {}).findIndex((depth) => Number(depth) === MAIN_DEPTH);
  const [main] = rows.splice(Math.max(0, people), 1);
  const rest = make("div", "fold-rest", ...parts, listOf(rows));
  return [listOf([main]), folding(rest), rest];
}

function listOf(rows: [string, string][]): HTMLElement {
  const list = make("dl", "facts");
  list.append(...factRows(rows));
  return list;
}

/** A button that opens and folds `rest`, which starts folded: the card lies over the city. */
function folding(rest: HTMLElement): HTMLElement {
  const button = make("button", "fold more");
  button.type = "button";
  rest.id = "comparison-rest";
  button.setAttribute("aria-controls", rest.id);
  const put = (isOpen: boolean) => {
    rest.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    button.textContent = word(isOpen ? "lessCompared" : "allCompared");
  };
  button.addEventListener("click", () => put(rest.hidden !== false));
  put(false);
  return button;
}

function isDifference(value: unknown): value is Difference {
  return typeof value === "object" && value !== null && "base" in value && "scenario" in value;
}

/** "420 → 260 (−160)". */
function differenceText({ base, scenario, difference }: Difference, unit: string): string {
  const text = (value: number | null) => (value === null ? "–" : Math.round(value).toLocaleString("en-GB"));
  const sign = (difference ?? 0) > 0 ? "+" : "";
  const change = difference === null ? "" : ` (${sign}${text(difference).replace("-", "−")})`;
  return `${text(base)} → ${text(scenario)}${change} ${unit}`.trim();
}
