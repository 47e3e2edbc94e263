/** What the shown run is and how old it is: badges that keep counting, and the facts. */

import type { CityDetail, RunDetail, RunSummary } from "./api";
import { conditionsText } from "./conditions";
import { find, make } from "./dom";
import { present } from "./exercise";
import { factRows } from "./hotspots";
import { OLD, reasonsIn } from "./notes";
import { noteText, plain, whyStale } from "./state_box";
import { both, duration, short, utcClock, zone } from "./times";
import { isWord, language, word } from "./words";

/** A forecast older than two cycles of ten minutes says nothing sure about now. */
const STALE_AFTER_SECONDS = 1200;

/** Age of a run at this moment, counted by a clock that nobody can set. */
export class RunAge {
  private readonly since = performance.now();
  constructor(private readonly run: RunSummary) {}

  get exercise(): boolean {
    return this.run.exercise;
  }

  get seconds(): number {
    return this.run.age_seconds + (performance.now() - this.since) / 1000;
  }

  get state(): RunDetail["freshness"] {
    if (this.run.kind !== "forecast") return "scenario";
    // the service may know more than the age: later cycles that had no input
    if (this.run.freshness === "stale" || this.seconds > STALE_AFTER_SECONDS) return "stale";
    return this.seconds < -60 ? "ahead" : "fresh";
  }

  /** Why it is stale, in English as the service says it; null where it is not. */
  get reason(): string | null {
    return this.state === "stale" ? (this.run.stale_reason ?? OLD) : null;
  }

  get text(): string {
    if (this.state === "ahead") return word("ahead");
    if (this.seconds < 60) return word("justNow");
    const gap = language() === "en" ? " " : "";
    return `${duration(this.seconds)}${gap}${word(this.state === "scenario" ? "made" : "old")}`;
  }
}

export function showBadges(run: RunDetail | null, age: RunAge | null): void {
  const box = find("badges");
  if (run === null || age === null) {
    box.replaceChildren();
    return;
  }
  const state = age.state;
  const kind = word(run.kind === "forecast" ? "forecast" : "scenario");
  const badges = [make("span", `badge kind-${run.kind}`, kind)];
  if (age.reason !== null) {
    const told = make("span", "", word("stale"), " · ", age.text);
    badges.push(make("span", "badge stale", told, whyStale(age.reason)));
  } else badges.push(make("span", `badge ${state}`, age.text));
  if (run.twin_level) badges.push(levelBadge(run.twin_level));
  if (age.exercise) badges.unshift(make("span", "badge exercise", word("exercise")));
  const said = badges.map((badge) => badge.textContent).join("|");
  if (box.dataset.said !== said) box.replaceChildren(...badges);
  box.dataset.said = said;
}

/** Say loudly that a forecast tells nothing of now, once its last time has passed. */
export function showEnded(run: RunDetail | null): void {
  const box = find("ended");
  const end = run?.kind === "forecast" ? Date.parse(run.valid_to ?? "") : Number.NaN;
  const isOver = present() > end;
  box.hidden = !isOver;
  if (!isOver || !run?.valid_to) return;
  const gap = language() === "en" ? " " : "";
  const ago = `${duration((present() - end) / 1000)}${gap}${word("made")}`;
  const text = `${word("endedAt")} ${both(run.valid_to)} · ${ago}. ${word("endedMeans")}`;
  if (box.textContent !== `${word("ended")} ${text}`) {
    box.replaceChildren(make("strong", "", word("ended")), ` ${text}`);
  }
}

function levelBadge(level: string): HTMLElement {
  const badge = make("span", "badge level", level);
  badge.title = `${word("level")} ${levelText(level)}`;
  return badge;
}

/** "L3: predicts from live measurements". */
function levelText(level: string): string {
  return isWord(level) ? `${level}${language() === "en" ? ": " : "："}${word(level)}` : level;
}

/** Issue time in the bar, local and UTC. */
export function showIssued(run: RunDetail | null): void {
  const time = run?.issue_time ?? run?.created;
  const lines = time
    ? [
        make("span", "", `${word(run?.kind === "forecast" ? "issued" : "madeAt")} ${short(time)} ${zone(time)}`),
        make("span", "quiet-text", utcClock(time)),
      ]
    : [];
  find("issued").replaceChildren(...lines);
}

export function showFacts(run: RunDetail | null, city: CityDetail): void {
  const list = find("facts");
  list.replaceChildren(...(run === null ? [] : factRows(factsOf(run))));
  find("sources").textContent = sources(city);
}

function factsOf(run: RunDetail): [string, string | Node][] {
  const facts: [string, string | Node][] = [];
  const made = run.kind === "forecast" ? "issued" : "madeAt";
  if (run.issue_time) facts.push([word(made), both(run.issue_time)]);
  if (run.valid_from && run.valid_to) {
    facts.push([word("valid"), both(run.valid_from)], [word("until"), both(run.valid_to)]);
  }
  facts.push([word("level"), run.twin_level ? levelText(run.twin_level) : "–"]);
  if (run.members_used !== null && run.members_requested !== null) {
    const [used, asked] = [run.members_used, run.members_requested];
    facts.push([word("members"), `${used} ${word("ofRequested")} ${asked}`]);
  }
  const newest = run.inputs.map((input) => input.newest_time).filter((t) => t !== null).sort();
  if (newest.length > 0) facts.push([word("inputs"), both(newest[newest.length - 1] as string)]);
  const degraded = run.inputs_degraded.map((line) => noteText(plain(line)));
  const parted = degraded.flatMap((note, index) => [index === 0 ? "⚠ " : "; ", note]);
  facts.push([word("degraded"), parted.length > 0 ? make("span", "", ...parted) : word("none")]);
  if (run.stale_reason) facts.push([word("stale"), reasonsIn(run.stale_reason)]);
  if (run.conditions) facts.push([word("computedWith"), conditionsText(run.conditions)]);
  if (run.late_data) {
    const { late, corrected } = run.late_data;
    facts.push([word("lateData"), `${late} ${word("cameLate")}, ${corrected} ${word("wereCorrected")}`]);
  }
  facts.push([word("model"), run.model_version || "–"], [word("runId"), run.run_id]);
  return facts;
}

function sources(city: CityDetail): string {
  const named = city.layers
    .filter((layer) => layer.source)
    .map((layer) => [layer.source, layer.licence].filter(Boolean).join(", "));
  const unique = [...new Set(named)];
  return unique.length > 0 ? `${word("data")}: ${unique.join("; ")}` : "";
}
