/** The closed roads by name: a short list at the side, and the card of one of them. */

import type { Access, ClosedRoad, RoadState } from "./access";
import { find, make } from "./dom";
import { factList } from "./hotspots";
import { clock } from "./times";
import { language, type Word, word } from "./words";

const FEW = 4;

/** The closed parts of one road, the deepest first. */
export interface NamedRoad {
  name: string;
  parts: ClosedRoad[];
}

let isLong = false;

/** The roads with a closed part, the deepest water first. */
export function namedRoads(state: RoadState): NamedRoad[] {
  const roads = new Map<string, NamedRoad>();
  const deepest = (road: ClosedRoad) => road.depth_mm ?? 0;
  for (const part of [...state.closed].sort((a, b) => deepest(b) - deepest(a))) {
    const name = nameOf(part);
    const road = roads.get(name);
    if (road) road.parts.push(part);
    else roads.set(name, { name, parts: [part] });
  }
  return [...roads.values()];
}

export function nameOf(road: ClosedRoad): string {
  const known = language() === "en" ? road.name : (road.name_zh ?? road.name);
  return known || `${word("noName")} ${road.id}`;
}

/** Write the count and the list. */
export function showRoads(known: Access, open: (road: NamedRoad) => void): void {
  const { roads: state } = known;
  const box = find("roads-box");
  box.dataset.late = String(isOld(state, known.time));
  const count = find("roads-count");
  const list = find("roads");
  if (state === null || typeof state === "string") {
    count.textContent = "";
    find("roads-say").textContent = state === null ? word(known.time ? "loading" : "noCourse") : `${word("notKnown")}: ${state}`;
    list.replaceChildren();
    return;
  }
  const named = namedRoads(state);
  count.textContent = String(named.length);
  count.dataset.some = String(named.length > 0);
  find("roads-say").textContent = summary(state, named.length);
  find("roads-say").title = `${word("roadsLimit")} ${Math.round(100 * state.limit)} cm. ${word("cautious")}`;
  const shown = isLong ? named : named.slice(0, FEW);
  list.replaceChildren(...shown.map((road) => row(road, open)));
  if (named.length > FEW) list.append(make("li", "", more(named.length, known, open)));
}

/** Whether an answer is of another time than the slider's. */
export function isOld(answer: { time: string } | string | null, time: string): boolean {
  return answer !== null && typeof answer !== "string" && Date.parse(answer.time) !== Date.parse(time);
}

function summary(state: RoadState, names: number): string {
  const parts = [`${clock(state.time)}:`];
  if (names === 0) parts.push(word("noRoadClosed"));
  else parts.push(`${state.closed.length} ${word("ofParts")} ${state.count} ${word("partsClosed")}`);
  if (state.unknown > 0) parts.push(`· ${state.unknown} ${word("partsUnknown")}`);
  return parts.join(" ");
}

function row(road: NamedRoad, open: (road: NamedRoad) => void): HTMLLIElement {
  const button = make(
    "button",
    "access-row",
    make("i", "road-line"),
    make("strong", "", road.name),
    make("span", "quiet-text", road.parts.length > 1 ? `${road.parts.length} ${word("parts")}` : ""),
    make("span", "access-depth", metres(road.parts[0].depth_mm)),
  );
  button.type = "button";
  button.addEventListener("click", () => open(road));
  return make("li", "", button);
}

function more(count: number, known: Access, open: (road: NamedRoad) => void): HTMLButtonElement {
  const button = make("button", "more", isLong ? word("fewer") : `${word("all")} ${count}`);
  button.type = "button";
  button.addEventListener("click", () => {
    isLong = !isLong;
    showRoads(known, open);
  });
  return button;
}

/** The card of a closed road; it says for which time and vehicle. */
export function showRoadCard(road: NamedRoad, state: RoadState, close: () => void): void {
  const facts: [string, string][] = [
    [word("roadDepth"), metres(road.parts[0].depth_mm)],
    [word("roadsLimit"), `${Math.round(100 * state.limit)} cm`],
    [word("closedParts"), String(road.parts.length)],
  ];
  const told = `${word("closedFor")} ${word(state.vehicle as Word)} · ${clock(state.time)}`;
  writeCard(road.name, told, "closed", facts, word("cautious"), close);
}

/** A card with one clear statement above its facts. */
export function writeCard(
  title: string,
  told: string,
  state: string,
  facts: [string, string][],
  note: string,
  close: () => void,
): void {
  const shut = make("button", "button quiet shut", "×");
  shut.type = "button";
  shut.setAttribute("aria-label", word("close"));
  shut.addEventListener("click", close);
  const statement = make("p", "access-told", told);
  statement.dataset.state = state;
  find("card").replaceChildren(
    shut,
    make("h3", "", title),
    statement,
    factList(facts),
    make("p", "quiet-text", note),
  );
  find("card").hidden = false;
}

export function metres(millimetres: number | null): string {
  return millimetres === null ? "–" : `${(millimetres / 1000).toFixed(2)} m`;
}
