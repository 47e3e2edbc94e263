/** Quantities as people read them: their names, their units, and how many digits make sense. */

import { both, duration } from "../times";
import { isWord, word } from "../words";

/** Unit of the service: unit of people, and the factor between them. */
const UNITS: Record<string, [unit: string, factor: number]> = {
  "m s-1 rain": ["mm/h", 3.6e6],
  "mm h-1": ["mm/h", 1],
  "m s-1": ["m/s", 1],
  "m3 s-1": ["m³/s", 1],
  "m2 s-1": ["m²/s", 1],
  "km h-1": ["km/h", 1],
  "1": ["%", 100],
  percent: ["%", 1],
  m2: ["m²", 1],
  "0-3": ["/ 3", 1],
};
const RAIN = "rainfall_rate";
const NOTHING = "–";

/** Name of a quantity in the language of the page, or as the service calls it. */
export function quantityName(quantity: string): string {
  return isWord(quantity) ? word(quantity) : quantity.replaceAll("_", " ");
}

/** "0.42 m", "35 mm/h", "80 %", "H3", "1 h 20 min"; a value that is not there is a dash. */
export function quantityText(quantity: string, value: number | null, unit: string): string {
  if (value === null) return NOTHING;
  if (unit === "AR&R") return value === 0 ? word("dry") : `H${value}`;
  if (unit === "s") return duration(value);
  if (unit === "people" || unit === "buildings") return Math.round(value).toLocaleString("en-GB");
  const key = unit === "m s-1" && quantity === RAIN ? "m s-1 rain" : unit;
  const [shown, factor] = UNITS[key] ?? [unit, 1];
  return `${digits(value * factor, shown)} ${shown}`.trim();
}

/** A unit of the service as people write it. */
export const unitName = (unit: string) => UNITS[unit]?.[0] ?? unit;

/** A time as people read it; any other text in the language of the page, or as it came. */
export function plainText(text: string): string {
  if (isWord(text)) return word(text);
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? both(text) : text;
}

function digits(value: number, unit: string): string {
  if (unit === "%" || unit === "mm/h") return value.toFixed(value !== 0 && Math.abs(value) < 1 ? 1 : 0).replace("-", "−");
  if (unit === "/ 3") return value.toFixed(0);
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2).replace("-", "−");
}
