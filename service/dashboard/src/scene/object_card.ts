/** The card of one object: everything that is known about it, and from where. */

import { find, make } from "../dom";
import { factRows } from "../hotspots";
import { both, short } from "../times";
import { isWord, language, type Word, word } from "../words";
import type { ObjectRecord, ObjectValue, Reading } from "./answers";
import { meaningIn } from "./meanings";
import { plainText, quantityName, quantityText } from "./quantities";
import { sparkline } from "./sparkline";

const HIDDEN_ATTRIBUTES = ["row", "id", "name", "name_zh", "geometry"];
const MOST_ATTRIBUTES = 16;
const HAZARD_UNIT = "AR&R";

/** Put a card on the page; `parts` stand below its title. */
export function showObjectCard(kind: string, title: string, parts: (HTMLElement | null)[], close: () => void): void {
  const card = find("card");
  const shut = make("button", "button quiet shut", "×");
  shut.type = "button";
  shut.setAttribute("aria-label", word("close"));
  shut.addEventListener("click", close);
  card.setAttribute("aria-label", `${kind} ${title}`);
  card.replaceChildren(
    shut,
    make("p", "quiet-text", kind),
    make("h3", "", title),
    ...parts.filter((part) => part !== null),
  );
  card.hidden = false;
  card.scrollTop = 0;
}

/** Everything the service knows about an object. */
export function recordParts(record: ObjectRecord): (HTMLElement | null)[] {
  const histories = (record.history ?? []).map(sparkline);
  return [accessRow(record), ...valueGroups(record.values), ...histories, attributeList(record.attributes)];
}

/** Name of an object in the language of the page. */
export function titleOf({ id, name, name_zh: chinese, attributes }: ObjectRecord): string {
  const own = language() === "en" ? name : (chinese ?? name);
  return own || String(attributes.address ?? attributes.id ?? attributes.building_id ?? id);
}

export function attributeList(attributes: Record<string, unknown>): HTMLElement | null {
  const rows = Object.entries(attributes)
    .filter(([name, value]) => !HIDDEN_ATTRIBUTES.includes(name) && value !== null && value !== "")
    .filter(([, value]) => typeof value !== "object")
    .slice(0, MOST_ATTRIBUTES)
    .map(([name, value]): [string, string] => [attributeName(name), attributeText(value)]);
  if (rows.length === 0) return null;
  const list = make("dl", "facts attributes");
  list.append(...factRows(rows));
  return list;
}

/** What a sensor read last. */
export function readingParts(reading: Reading): HTMLElement[] {
  const rows: [string, string][] = [[quantityName(reading.property), quantityText(reading.property, reading.value, reading.unit)]];
  if (reading.time) rows.push([word("measuredAt"), both(reading.time)]);
  if (reading.age_minutes != null) rows.push([word("age"), `${Math.round(reading.age_minutes)} ${word("minutes")}`]);
  if (reading.flag != null) rows.push([word("quality"), qualityText(reading.flag)]);
  if (reading.station_id) rows.push([word("station"), reading.station_id]);
  for (const [index, level] of (reading.alert_levels ?? []).entries())
    rows.push([`${word("alertLevel")} ${index + 1}`, quantityText(reading.property, level, reading.unit)]);
  const list = make("dl", "facts");
  list.append(...factRows(rows));
  const warnings = [
    reading.stale ? word("stale") : null,
    reading.alert_level ? `${word("alertReached")} ${reading.alert_level}` : null,
  ];
  return [...warnings.filter((text) => text !== null).map((text) => make("p", "access cut", text)), list];
}

/** Values that come from one place, with that place said once above them. */
function valueGroups(values: ObjectValue[]): HTMLElement[] {
  const groups = new Map<string, ObjectValue[]>();
  for (const value of values) {
    // Each sensor speaks for itself; a run speaks once for all that it knows.
    const key = [value.kind, value.run ?? ""].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    // A value that is not there has no level.
    const level = group.find((each) => each.twin_level)?.twin_level;
    const from = [first.run ? `${word("run")} ${first.run}` : null, first.run ? first.source : null, level];
    return make(
      "section",
      "values",
      make("h4", `kind-${first.kind}`, word(first.kind)),
      make("p", "from quiet-text", from.filter(Boolean).join(" · ")),
      make("ul", "", ...group.map(valueRow)),
    );
  });
}

/** One value with its time; below, what it means and how sure it is. */
function valueRow(value: ObjectValue): HTMLLIElement {
  const about = [
    value.stale ? `⚠ ${word("stale")}` : null,
    meaningText(value),
    value.run ? null : value.source,
    value.confidence == null ? null : `${word("confidence")} ${Math.round(100 * value.confidence)} %`,
  ];
  return make(
    "li",
    "",
    make("span", "quantity", quantityName(value.quantity)),
    make("strong", "", valueText(value)),
    make("span", "quiet-text when", value.time ? short(value.time) : ""),
    make("span", "quiet-text about", about.filter(Boolean).join(" · ")),
  );
}

function valueText({ quantity, value, unit, p10, p90 }: ObjectValue): string {
  if (typeof value === "boolean") return word(value ? "yes" : "no");
  if (typeof value === "string") return plainText(value);
  const text = quantityText(quantity, value, unit);
  if (p10 == null || p90 == null) return text;
  const [low, high] = [p10, p90].map((each) => quantityText(quantity, each, unit).split(" ")[0]);
  return `${text} (${low}–${high})`;
}

/** What a value means, or why there is none; the service tells it in English. */
function meaningText({ value, unit, meaning, reason, distance }: ObjectValue): string | null {
  if (unit === HAZARD_UNIT && typeof value === "number" && value > 0) return word(`hazard${value}` as Word);
  if (distance != null && distance >= 1) return `${word("away")} ${Math.round(distance)} m`;
  const text = value === null ? reason : meaning;
  if (!text) return null;
  return isWord(text) ? word(text) : meaningIn(text);
}

/** Verdict of the quality control, as QARTOD numbers it. */
function qualityText(flag: number): string {
  const words: Record<number, Word> = { 1: "flagPass", 2: "flagUnjudged", 3: "flagSuspect", 4: "flagFail" };
  return word(words[flag] ?? "flagMissing");
}

function attributeName(name: string): string {
  return name.endsWith("_id") && !isWord(name) ? word("identifier") : quantityName(name);
}

function attributeText(value: unknown): string {
  if (typeof value === "boolean") return word(value ? "yes" : "no");
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  return plainText(String(value));
}

/** Whether the object can be reached, and by which vehicles how long. */
function accessRow({ access }: ObjectRecord): HTMLElement | null {
  if (!access || access.cut == null) return null;
  const said = make("p", "", word(access.cut ? "accessCut" : "accessOpen"));
  const vehicles = Object.entries(access.vehicles ?? {}).map(([vehicle, { open, cut_from, open_again }]) => {
    const until = open_again ? ` → ${short(open_again)}` : "";
    const state = cut_from ? `${word("cutFrom")} ${short(cut_from)}${until}` : word(open ? "open" : "cut");
    return make("li", open ? "" : "shut-off", `${quantityName(vehicle)}: ${state}`);
  });
  return make("div", access.cut ? "access cut" : "access", said, make("ul", "", ...vehicles));
}
