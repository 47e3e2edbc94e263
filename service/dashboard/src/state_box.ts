/** Whether a forecast can be relied on: badge and card of its inputs, its staleness, its alerts. */

import "./state.css";
import type { RunDetail } from "./api";
import { find, make } from "./dom";
import { briefly, noteIn, reasonsIn } from "./notes";
import type { RunAge } from "./status";
import { language, word } from "./words";

/** Notes that are shown at first: the hotspots below them belong on the first screen. */
const FEW = 2;

let isLong = false;

/** The badge leads to the notes, and shows all of them. */
export function startStateBox(again: () => void): void {
  find("degraded").addEventListener("click", () => {
    isLong = true;
    again();
    const box = find("state-box");
    box.scrollIntoView({ block: "start" });
    box.focus({ preventScroll: true });
  });
  find("notes-more").addEventListener("click", () => {
    isLong = !isLong;
    again();
  });
}

/** Write badge and card; again whenever the age of the run may have made it stale. */
export function showState(run: RunDetail | null, age: RunAge | null): void {
  const forecast = run?.kind === "forecast" ? run : null;
  const notes = forecast ? forecast.inputs_degraded.map(plain) : [];
  const missing = forecast ? membersMissing(forecast) : "";
  const isDegraded = notes.length > 0 || missing !== "";
  const heard = forecast ? heardOf(forecast) : [];
  showBadge(isDegraded, notes.length, heard, missing);
  const reason = forecast ? (age?.reason ?? null) : null;
  const alerts = forecast?.alerts ?? null;
  const box = find("state-box");
  box.hidden = !isDegraded && heard.length === 0 && reason === null && alerts === null;
  box.dataset.state = isDegraded || reason !== null ? "degraded" : "fine";
  const wrong = [reason === null ? "" : word("stale"), isDegraded ? word("inputsDegraded") : ""];
  const told = wrong.filter(Boolean).join(" · ");
  write("state-head", told ? `⚠ ${told}` : `✓ ${word("inputsFine")}`, "");
  const gap = language() === "en" ? " " : "";
  const parts = heard.map(([name, [some, all]]) => `${word(name === "gauges" ? "gaugesHeard" : "sensorsHeard")} ${some}/${all}`);
  // folded, it says only what the badge does not
  const isFolded = !isLong && notes.length > FEW;
  const counted = isFolded ? [missing] : [...parts, missing];
  write("heard", counted.filter(Boolean).join(" · "), word("heardInHour"));
  write("stale-why", reason === null ? "" : `${word("staleBecause")}${gap}${reasonsIn(reason)}`, reason ?? "");
  // the service was asked a moment ago; since then it may have become stale
  const against = alerts?.may_draft ? reason : (alerts?.reason ?? null);
  const drafted = against === null ? word("mayDraft") : `${word("mayNotDraft")}${gap}${reasonsIn(against)}`;
  write("alerts", alerts === null ? "" : drafted, against ?? "");
  listNotes(notes);
}

/** The reason of a stale forecast, short enough to stand in its badge. */
export function whyStale(reason: string): HTMLElement {
  const why = make("span", "badge-why", briefly(reason));
  why.title = reason;
  return why;
}

/** One line of the service in an element, with what it said as its title. */
export function noteText(line: string): HTMLElement {
  const note = noteIn(line);
  const text = make("span", "", note.text);
  if (!note.isOwn) text.lang = "en";
  const whole = make("span", "", ...(note.kind ? [make("strong", "", note.kind), language() === "en" ? ": " : "："] : []), text);
  whole.title = note.original;
  return whole;
}

export function plain(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function listNotes(notes: string[]): void {
  const shown = isLong ? notes : notes.slice(0, FEW);
  const list = find("notes");
  const lines = shown.map((line) => make("li", "", noteText(line)));
  if (list.textContent !== lines.map((line) => line.textContent).join("")) list.replaceChildren(...lines);
  const more = find("notes-more");
  more.hidden = notes.length <= FEW;
  const text = isLong ? word("fewer") : `${word("all")} ${notes.length}`;
  if (more.textContent !== text) more.textContent = text;
  more.setAttribute("aria-expanded", String(isLong));
}

function showBadge(isDegraded: boolean, count: number, heard: Heard, missing: string): void {
  const badge = find("degraded");
  badge.hidden = !isDegraded;
  badge.title = word("toNotes");
  const named = count === 1 ? word("note") : word("notes");
  const head = `⚠ ${word("degradedBadge")}${count > 0 ? ` · ${count} ${named}` : ""}`;
  const parts = heard.map(([name, [some, all]]) => `${word(name === "gauges" ? "gaugesShort" : "sensorsShort")} ${some}/${all}`);
  const lines = [head, (parts.length > 0 ? parts : [missing]).join(" · ")].filter(Boolean);
  if (badge.dataset.said === lines.join("|")) return; // keeps the focus, and is not read out again
  badge.dataset.said = lines.join("|");
  badge.replaceChildren(...lines.map((line, index) => make("span", index > 0 ? "badge-why" : "", line)));
}

type Heard = [name: "gauges" | "sensors", [some: number, all: number]][];

/** How many reported in the last hour; nothing of what the city does not have. */
function heardOf(run: RunDetail): Heard {
  const heard: Heard = [];
  for (const name of ["gauges", "sensors"] as const) {
    const [some, all] = run.sensors_heard?.[name] ?? [0, 0];
    if (all > 0) heard.push([name, [some, all]]);
  }
  return heard;
}

function membersMissing({ members_used: used, members_requested: asked }: RunDetail): string {
  if (used === null || asked === null || used >= asked) return "";
  return `${word("membersShort")} ${used}/${asked}`;
}

function write(id: string, text: string, title: string): void {
  const line = find(id);
  line.hidden = text === "";
  line.title = title;
  if (line.textContent !== text) line.textContent = text;
}
