/** Times and durations as people read them: local first, UTC beside it. */

import { language, word } from "./words";

/** Rain without a date begins in this year. */
const NO_DATE = "2000-01-01";

const UTC = "UTC";

function format(iso: string, options: Intl.DateTimeFormatOptions): string {
  const locale = language() === "en" ? "en-GB" : "zh-TW";
  return new Intl.DateTimeFormat(locale, { hourCycle: "h23", ...options }).format(new Date(iso));
}

/** "14:20" in the zone of this screen. */
export function clock(iso: string, timeZone?: string): string {
  return format(iso, { hour: "2-digit", minute: "2-digit", timeZone });
}

/** "Fri 20 Nov" in the zone of this screen. */
export function day(iso: string): string {
  return format(iso, { weekday: "short", day: "numeric", month: "short" });
}

/** "07", the seconds of a time. */
export function seconds(iso: string): string {
  return iso.slice(17, 19);
}

/** Name of the zone of this screen, such as "GMT+8", or "UTC". */
export function zone(iso: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "shortOffset" }).formatToParts(
    new Date(iso),
  );
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  return /^GMT([+-]0)?$/.test(name) ? UTC : name;
}

/** "20 Nov 14:20 (06:20 UTC)"; on a screen that is in UTC, that once. */
export function both(iso: string): string {
  return zone(iso) === UTC ? `${short(iso)} UTC` : `${short(iso)} (${clock(iso, UTC)} UTC)`;
}

/** "20 Nov 14:20" in the zone of this screen. */
export function short(iso: string): string {
  return `${format(iso, { day: "numeric", month: "short" })} ${clock(iso)}`;
}

/** "06:20 UTC" to stand beside a local time; empty on a screen that is in UTC. */
export function utcClock(iso: string): string {
  return zone(iso) === UTC ? "" : `${clock(iso, UTC)} UTC`;
}

/** "12 min", "3 h 20 min", "2 d 4 h". */
export function duration(seconds: number): string {
  const gap = language() === "en" ? " " : "";
  const minutes = Math.floor(Math.abs(seconds) / 60);
  if (minutes < 60) return `${minutes} ${word("minutes")}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) {
    return `${hours} ${word("hours")} ${minutes % 60} ${word("minutes")}`;
  }
  return `${Math.floor(hours / 24)} ${word("days")}${gap} ${hours % 24} ${word("hours")}`;
}

/** Whether the times of a run count from its start, as those of a scenario do. */
export function isRelative(run: { kind: string } | null): boolean {
  return run !== null && run.kind !== "forecast";
}

/** Whether a time is of a real day. */
export function isDated(iso: string): boolean {
  return !iso.startsWith(NO_DATE);
}

/** "+0 h 50 min". */
export function afterStart(iso: string, start: string): string {
  const minutes = Math.round((Date.parse(iso) - Date.parse(start)) / 60_000);
  return `+${Math.floor(minutes / 60)} ${word("hours")} ${minutes % 60} ${word("minutes")}`;
}
