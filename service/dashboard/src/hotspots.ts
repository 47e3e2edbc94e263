/** The ranked list of places that will flood, and the card of one of them. */

import type { Hotspot } from "./api";
import { find, make } from "./dom";
import { both, clock, duration } from "./times";
import { isWord, language, word } from "./words";

const NOTHING = "–";

/** Name of the place in the language of the page, as far as the city has it. */
export function placeOf(hotspot: Hotspot): string {
  return (language() === "en" ? null : hotspot.place_zh) ?? hotspot.place ?? NOTHING;
}

function districtOf(hotspot: Hotspot): string {
  return (language() === "en" ? null : hotspot.district_zh) ?? hotspot.district ?? "";
}

/** List the places; `issued` is when the forecast was made, so that water of before is told. */
export function showHotspots(
  hotspots: Hotspot[] | null,
  issued: string | null,
  open: (hotspot: Hotspot) => void,
): void {
  const list = find<HTMLOListElement>("hotspots");
  find("hotspot-count").textContent = hotspots ? String(hotspots.length) : "";
  if (!hotspots || hotspots.length === 0) {
    const text = word(hotspots ? "noHotspots" : "noHotspotProduct");
    list.replaceChildren(make("li", "empty", text));
    return;
  }
  list.replaceChildren(...hotspots.map((hotspot) => row(hotspot, issued, open)));
}

function row(
  hotspot: Hotspot,
  issued: string | null,
  open: (hotspot: Hotspot) => void,
): HTMLLIElement {
  const button = make(
    "button",
    "hotspot",
    make("span", "rank", String(hotspot.rank)),
    make(
      "span",
      "where",
      make("strong", "", placeOf(hotspot)),
      make("span", "quiet-text", districtOf(hotspot)),
    ),
    make(
      "span",
      "depth",
      make("strong", "", metres(hotspot.depth_p50_m)),
      make("span", "quiet-text", range(hotspot)),
    ),
    make("span", "line", ...outlook(hotspot, issued)),
  );
  button.type = "button";
  button.dataset.rank = String(hotspot.rank);
  button.addEventListener("click", () => open(hotspot));
  return make("li", "", button);
}

/** Probability, first water, people, lead: only what the run knows. */
function outlook(hotspot: Hotspot, issued: string | null): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (hotspot.probability !== null) {
    const chance = make("span", "chance", percent(hotspot.probability));
    chance.style.setProperty("--chance", String(hotspot.probability));
    parts.push(chance);
  }
  const { first_time: first } = hotspot;
  const isWet = first !== null && issued !== null && Date.parse(first) <= Date.parse(issued);
  if (isWet) parts.push(make("span", "late", word("alreadyWet")));
  else if (first !== null) {
    parts.push(make("span", "", `${word("from")} ${clock(first)}`));
  }
  if (hotspot.people !== null) {
    parts.push(make("span", "", `${whole(hotspot.people)} ${word("people")}`));
  }
  if (hotspot.effective_lead_minutes !== null && !isWet) {
    const late = hotspot.effective_lead_minutes <= 0;
    const text = late ? word("noLead") : `${word("lead")} ${lead(hotspot)}`;
    parts.push(make("span", late ? "late" : "", text));
  }
  return parts;
}

/** Mark the row of the chosen place, and bring it into view. */
export function chooseRow(rank: number | null): void {
  for (const button of document.querySelectorAll<HTMLElement>(".hotspot")) {
    const chosen = button.dataset.rank === String(rank);
    button.classList.toggle("chosen", chosen);
    button.setAttribute("aria-current", String(chosen));
    if (chosen && matchMedia("(min-width: 900px)").matches) {
      button.scrollIntoView({ block: "nearest" });
    }
  }
}

export function showCard(hotspot: Hotspot, close: () => void): void {
  const card = find("card");
  const shut = make("button", "button quiet shut", "×");
  shut.type = "button";
  shut.setAttribute("aria-label", word("close"));
  shut.addEventListener("click", close);
  const facts: [string, string][] = [
    [word("depthMedian"), metres(hotspot.depth_p50_m)],
    [word("depthRange"), range(hotspot) || NOTHING],
    [word("probability"), hotspot.probability === null ? NOTHING : percent(hotspot.probability)],
    [word("firstTime"), hotspot.first_time ? both(hotspot.first_time) : NOTHING],
    [word("leadLong"), leadText(hotspot)],
    [word("peopleLong"), hotspot.people === null ? NOTHING : whole(hotspot.people)],
    [word("cause"), translated(hotspot.cause)],
  ];
  if (hotspot.kind) facts.push([word("kind"), translated(hotspot.kind)]);
  card.replaceChildren(
    shut,
    make("p", "quiet-text", `#${hotspot.rank} · ${districtOf(hotspot) || NOTHING}`),
    make("h3", "", placeOf(hotspot)),
    factList(facts),
  );
  card.hidden = false;
}

export function factList(facts: [string, string][]): HTMLDListElement {
  const list = make("dl", "facts");
  list.append(...factRows(facts));
  return list;
}

export function factRows(facts: [string, string][]): HTMLElement[] {
  return facts.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]);
}

/** A word of the model in the language of the page, or as it came. */
function translated(text: string | null): string {
  if (text === null) return NOTHING;
  return isWord(text) ? word(text) : text;
}

function metres(depth: number | null): string {
  return depth === null ? NOTHING : `${depth.toFixed(depth < 10 ? 1 : 0)} m`;
}

function range(hotspot: Hotspot): string {
  const { depth_p10_m: low, depth_p90_m: high } = hotspot;
  return low === null || high === null ? "" : `${low.toFixed(1)}–${high.toFixed(1)} m`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-GB");
}

function leadText(hotspot: Hotspot): string {
  const minutes = hotspot.effective_lead_minutes;
  if (minutes === null) return NOTHING;
  return minutes <= 0 ? word("noLead") : lead(hotspot);
}

function lead(hotspot: Hotspot): string {
  return duration((hotspot.effective_lead_minutes ?? 0) * 60);
}
