/** The card of one object: everything that is known about it, and from where. */

import { find, make } from "../dom";
import { factRows } from "../hotspots";
import { both, clock, short } from "../times";
import { isWord, language, type Word, word } from "../words";
import type { ObjectRecord, ObjectValue, Reading } from "./answers";
import { quantityName, readingText } from "./live_marks";
import { sparkline } from "./sparkline";

const NOTHING = "–";
const HIDDEN_ATTRIBUTES = ["row", "id", "name", "name_zh", "geometry"];
const MOST_ATTRIBUTES = 16;

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
  const values = make("ul", "values", ...record.values.map(valueRow));
  const histories = (record.history ?? []).map(sparkline);
  return [accessRow(record), record.values.length > 0 ? values : null, ...histories, attributeList(record.attributes)];
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
    .map(([name, value]): [string, string] => [quantityName(name), attributeText(value)]);
  if (rows.length === 0) return null;
  const list = make("dl", "facts attributes");
  list.append(...factRows(rows));
  return list;
}

/** What a sensor read last. */
export function readingParts(reading: Reading): HTMLElement[] {
  const rows: [string, string][] = [[quantityName(reading.property), readingText(reading)]];
  if (reading.time) rows.push([word("measuredAt"), both(reading.time)]);
  if (reading.age_minutes != null) rows.push([word("age"), `${Math.round(reading.age_minutes)} ${word("minutes")}`]);
  if (reading.flag != null) rows.push([word("quality"), qualityText(reading.flag)]);
  if (reading.station_id) rows.push([word("station"), reading.station_id]);
  const list = make("dl", "facts");
  list.append(...factRows(rows));
  return [...(reading.stale ? [make("p", "access cut", word("stale"))] : []), list];
}

/** One value with its time; below, where it is from. */
function valueRow(value: ObjectValue): HTMLLIElement {
  const time = value.time ? make("span", "quiet-text", short(value.time)) : "";
  const from = [
    value.stale ? `⚠ ${word("stale")}` : null,
    value.value === null ? value.reason : value.meaning,
    value.source,
    value.run ? `${word("run")} ${value.run}` : null,
    value.confidence == null ? null : `${word("confidence")} ${Math.round(100 * value.confidence)} %`,
    value.twin_level,
  ];
  return make(
    "li",
    "",
    make("span", "quantity", quantityName(value.quantity)),
    make("strong", "", valueText(value)),
    make("span", `kind kind-${value.kind}`, word(value.kind)),
    time,
    make("span", "from quiet-text", from.filter(Boolean).join(" · ")),
  );
}

function valueText({ value, unit, p10, p90 }: ObjectValue): string {
  if (value === null) return NOTHING;
  if (typeof value === "boolean") return word(value ? "yes" : "no");
  if (typeof value === "string") return isWord(value) ? word(value) : timeOrText(value);
  const spread = p10 != null && p90 != null ? ` (${p10.toFixed(2)}–${p90.toFixed(2)})` : "";
  return readingText({ value, unit }) + spread;
}

/** A time as people read it; all else as it came. */
function timeOrText(text: string): string {
  return /^\d{4}-\d\d-\d\dT/.test(text) ? clock(text) : text;
}

/** Verdict of the quality control, as QARTOD numbers it. */
function qualityText(flag: number): string {
  const words: Record<number, Word> = { 1: "flagPass", 2: "flagUnjudged", 3: "flagSuspect", 4: "flagFail" };
  return word(words[flag] ?? "flagMissing");
}

function attributeText(value: unknown): string {
  if (typeof value === "boolean") return word(value ? "yes" : "no");
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  const text = String(value);
  return isWord(text) ? word(text) : text;
}

function accessRow({ access }: ObjectRecord): HTMLElement | null {
  if (!access || access.cut == null) return null;
  return make("p", access.cut ? "access cut" : "access", word(access.cut ? "accessCut" : "accessOpen"));
}
