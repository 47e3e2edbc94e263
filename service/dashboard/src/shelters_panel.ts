/** The shelters: which are open, with how much room; a short list and the card of one. */

import type { Access, Shelter, ShelterPlan, ShelterWord } from "./access";
import { find, make } from "./dom";
import { isOld, metres, writeCard } from "./roads_panel";
import { clock } from "./times";
import { isWord, language, type Word, word } from "./words";

const FEW = 4;
const NOTHING = "–";

/** Word and colour of each state, the best first. */
export const STATES: Record<ShelterWord, { word: Word; key: string; colour: string }> = {
  open: { word: "shelterOpen", key: "open", colour: "#7fd6a0" },
  "capacity unknown": { word: "shelterRoomUnknown", key: "unknown", colour: "#b9c8dc" },
  "depth unknown": { word: "shelterDepthUnknown", key: "unknown", colour: "#b9c8dc" },
  "cut off": { word: "shelterCut", key: "cut", colour: "#ffc14d" },
  flooded: { word: "shelterFlooded", key: "flooded", colour: "#ff8d84" },
};
const ORDER = Object.keys(STATES) as ShelterWord[];

let isLong = false;

export function shelterName(shelter: Shelter): string {
  return (language() === "en" ? shelter.name : (shelter.name_zh ?? shelter.name)) || shelter.id;
}

export function stateName(shelter: Shelter): string {
  return word(STATES[shelter.state]?.word ?? "shelterDepthUnknown");
}

function keyOf(shelter: Shelter): string {
  return STATES[shelter.state]?.key ?? "unknown";
}

function room(shelter: Shelter): number | null {
  return shelter.capacity === null ? null : Math.max(0, shelter.capacity - shelter.assigned);
}

/** Write counts, people, and the list: open ones first, with the most room at the top. */
export function showShelters(known: Access, open: (shelter: Shelter) => void): void {
  const { shelters: plan } = known;
  find("shelters-box").dataset.late = String(isOld(plan, known.time));
  if (plan === null || typeof plan === "string") {
    const text = plan === null ? word(known.time ? "loading" : "noCourse") : `${word("notKnown")}: ${plan}`;
    find("shelters-counts").replaceChildren();
    find("shelters-say").textContent = text;
    find("shelters-why").hidden = true;
    find("shelters").replaceChildren();
    return;
  }
  find("shelters-counts").replaceChildren(...counts(plan));
  find("shelters-say").textContent = people(plan);
  const reasons = why(plan);
  find("shelters-why").textContent = reasons;
  find("shelters-why").hidden = reasons === "";
  const sorted = [...plan.shelters].sort(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (room(b) ?? 0) - (room(a) ?? 0),
  );
  const shown = isLong ? sorted : sorted.slice(0, FEW);
  const list = find("shelters");
  list.replaceChildren(...shown.map((shelter) => row(shelter, open)));
  if (sorted.length > FEW) list.append(make("li", "", more(sorted.length, known, open)));
}

function counts(plan: ShelterPlan): HTMLElement[] {
  return ORDER.flatMap((state) => {
    const count = plan.shelters.filter((shelter) => shelter.state === state).length;
    if (count === 0) return [];
    const chip = make("span", "state-chip", `${count} ${word(STATES[state].word)}`);
    chip.dataset.state = STATES[state].key;
    return [chip];
  });
}

function people(plan: ShelterPlan): string {
  if (plan.shelters.length === 0) return word("noShelters");
  const time = `${clock(plan.time)}:`;
  if (plan.evacuees === 0) return `${time} ${word("nobodyInDanger")}`;
  const parts = [`${plan.evacuees} ${word("mustLeave")}`, `${plan.assigned} ${word("havePlace")}`];
  if (plan.left > 0) parts.push(`${plan.left} ${word("haveNone")}`);
  return `${time} ${parts.join(" · ")}`;
}

/** Why people have no place, as text: nobody on a phone sees what a mouse would show. */
function why(plan: ShelterPlan): string {
  if (plan.evacuees === 0) return "";
  const reasons = Object.entries(plan.left_because).map(
    ([reason, count]) => `${count}: ${isWord(reason) ? word(reason) : reason}`,
  );
  return [...reasons, word("onFoot")].join(" · ");
}

function row(shelter: Shelter, open: (shelter: Shelter) => void): HTMLLIElement {
  const state = make("span", "state-chip", stateName(shelter));
  state.dataset.state = keyOf(shelter);
  const button = make(
    "button",
    "access-row shelter-row",
    make("strong", "", shelterName(shelter)),
    state,
    make("span", "quiet-text", roomText(shelter)),
  );
  button.type = "button";
  button.dataset.shelter = shelter.id;
  button.addEventListener("click", () => open(shelter));
  return make("li", "", button);
}

function roomText(shelter: Shelter): string {
  if (shelter.capacity === null) return word("roomUnknown");
  if (shelter.state !== "open") return `${word("roomFor")} ${shelter.capacity}`;
  return `${room(shelter)} ${word("ofRequested")} ${shelter.capacity} ${word("placesFree")} · ${shelter.assigned} ${word("sentHere")}`;
}

function more(count: number, known: Access, open: (shelter: Shelter) => void): HTMLButtonElement {
  const button = make("button", "more", isLong ? word("fewer") : `${word("all")} ${count}`);
  button.type = "button";
  button.addEventListener("click", () => {
    isLong = !isLong;
    showShelters(known, open);
  });
  return button;
}

/** The card of a shelter at the time of the plan. */
export function showShelterCard(shelter: Shelter, plan: ShelterPlan, close: () => void): void {
  const free = shelter.state === "open" ? room(shelter) : 0;
  const facts: [string, string][] = [
    [word("room"), shelter.capacity === null ? word("roomUnknown") : String(shelter.capacity)],
    [word("assignedHere"), String(shelter.assigned)],
    [word("placesLeft"), free === null ? NOTHING : String(free)],
    [word("waterFromNow"), shelter.depth === null ? NOTHING : metres(1000 * shelter.depth)],
    [word("dryAndReached"), turnText(shelter, plan)],
  ];
  const told = `${stateName(shelter)} · ${clock(plan.time)}`;
  writeCard(shelterName(shelter), told, keyOf(shelter), facts, `${word("onFoot")}. ${word("cautious")}`, close);
}

/** Until, or from, when it is dry and its road passable. */
function turnText(shelter: Shelter, plan: ShelterPlan): string {
  const { open_steps: steps } = shelter;
  const isOpen = steps[plan.step];
  const turn = steps.findIndex((each, step) => step > plan.step && each !== isOpen);
  if (turn < 0) return word(isOpen ? "toTheEnd" : "notInRun");
  return `${word(isOpen ? "untilTime" : "from")} ${clock(plan.times[turn])}`;
}
