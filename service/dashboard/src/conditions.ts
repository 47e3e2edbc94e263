/** What a run of one storm was computed with: rain, losses, edges, drains, infiltration. */

import { isWord, language, type Word, word } from "./words";

export interface Conditions {
  rain: string | null;
  losses: string | null;
  edges: string;
  drains_mm_h: number | null;
  infiltration: string | null;
  infiltration_mm_h: number | null;
}

/** One line, such as "rain 60 mm/h, losses none, edges free, drains up to 57 mm/h, …". */
export function conditionsText(found: Conditions): string {
  const isEnglish = language() === "en";
  const rain = found.rain === "of the case" ? word("ofTheCase") : withUnit(found.rain);
  const edges = isWord(`edges_${found.edges}`) ? word(`edges_${found.edges}` as Word) : found.edges;
  const rows: [Word, string | null][] = [
    ["conditionRain", rain],
    ["conditionLosses", withUnit(found.losses)],
    ["conditionEdges", edges],
    ["conditionDrains", upTo(found.drains_mm_h)],
    ["conditionInfiltration", upTo(found.infiltration_mm_h) ?? found.infiltration?.replaceAll("_", " ") ?? null],
  ];
  const told = rows.map(([name, text]) => `${word(name)} ${text ?? word("none")}`);
  return told.join(isEnglish ? ", " : "、");
}

/** A plain rate has its unit left out where it is asked for. */
function withUnit(text: string | null): string | null {
  return text !== null && Number.isFinite(Number(text)) ? `${text} mm/h` : text;
}

function upTo(rate: number | null): string | null {
  return rate === null ? null : `${word("upTo")} ${rate} mm/h`;
}
