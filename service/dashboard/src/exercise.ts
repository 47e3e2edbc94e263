/** The clock of the service: that of the world, or one that is set for an exercise. */

import { askJson, type Health } from "./api";
import { find } from "./dom";
import { clock, seconds, short, zone } from "./times";
import { word } from "./words";

let setTo: { reading: number; since: number } | null = null;

/** Ask the service whether its clock is set; it may have been started anew. */
export async function hearClock(): Promise<void> {
  const { clock: reading } = await askJson<Health>("/api/health");
  setTo = reading === null ? null : { reading: Date.parse(reading), since: performance.now() };
  showClock();
}

/** The time by which this page counts [ms since 1970]. */
export function present(): number {
  return setTo ? setTo.reading + (performance.now() - setTo.since) : Date.now();
}

/** Say in words that the clock is set, and what it reads now. */
export function showClock(): void {
  const strip = find("exercise");
  strip.hidden = setTo === null;
  document.title = setTo ? `${word("exercise")} · Floodtwin` : "Floodtwin";
  if (setTo === null) return;
  const now = new Date(present()).toISOString();
  const utc = zone(now) === "UTC" ? "" : ` (${clock(now, "UTC")} UTC)`;
  find("exercise-name").textContent = word("exercise");
  find("exercise-words").textContent = word("clockIsSet");
  find("exercise-time").textContent = `${short(now)}:${seconds(now)} ${zone(now)}${utc}`;
}
