/** How bad it gets in each district: a table, the worst first, and the card of one of them. */

import type { District, Hotspot, RunDetail } from "./api";
import { find, make } from "./dom";
import { factList, placeOf, wasWet, when } from "./hotspots";
import { both } from "./times";
import { language, type Word, word } from "./words";

const FEW = 5;
const NOTHING = "–";
const LEVELS: Word[] = ["level0", "level1", "level2", "level3"];
const COLUMNS: Word[] = ["districtColumn", "spotsColumn", "peopleColumn", "fromColumn"];

let isLong = false;

/** What is done when a district was chosen: the worst of its places, if any, is brought into view. */
export type OpenDistrict = (worst: Hotspot | null) => void;

export interface Ranked {
  districts: District[] | null;
  hotspots: Hotspot[] | null;
  run: RunDetail;
}

/** Write the table; a run that ranked none has no box. */
export function showDistricts(ranked: Ranked | null, open: OpenDistrict, close: () => void): void {
  const rows = ranked?.districts ?? [];
  find("districts-box").hidden = rows.length === 0;
  if (ranked === null || rows.length === 0) return;
  const above = rows.filter((each) => each.severity > 0);
  find("districts-count").textContent = `${above.length}/${rows.length} ${word("districtsAbove")}`;
  const calm = find("districts-calm");
  calm.hidden = above.length > 0;
  calm.textContent = word("districtsCalm");
  // normal ones are of no haste: they are shown on request
  const few = above.slice(0, FEW);
  const shown = isLong ? rows : few;
  const head = make("tr", "", ...COLUMNS.map(columnHead));
  const lines = shown.map((each) => row(each, ranked, open, close));
  find("districts").replaceChildren(make("thead", "", head), make("tbody", "", ...lines));
  find("districts").hidden = shown.length === 0;
  const more = find<HTMLButtonElement>("districts-more");
  more.hidden = few.length === rows.length;
  more.textContent = isLong ? word("fewer") : `${word("all")} ${rows.length}`;
  more.setAttribute("aria-expanded", String(isLong));
  more.onclick = () => {
    isLong = !isLong;
    showDistricts(ranked, open, close);
  };
}

function columnHead(name: Word): HTMLTableCellElement {
  const head = make("th", "", word(name));
  head.scope = "col";
  if (name === "districtColumn") head.title = word("levelMeaning");
  if (name === "fromColumn") head.title = word("firstTime");
  return head;
}

function row(each: District, ranked: Ranked, open: OpenDistrict, close: () => void): HTMLElement {
  const button = make("button", "district-open", make("strong", "", nameOf(each)), levelOf(each));
  button.type = "button";
  button.addEventListener("click", () => {
    const worst = worstOf(each, ranked.hotspots);
    writeCard(each, ranked, worst, close);
    open(worst);
  });
  const isWet = wasWet(each, ranked.run);
  return make(
    "tr",
    "",
    make("td", "", button),
    make("td", "", String(each.hotspots)),
    make("td", "", people(each)),
    make("td", isWet ? "late" : "", isWet ? word("wetSince") : first(each, ranked.run)),
  );
}

function levelOf({ severity }: District): HTMLElement {
  const known = Math.min(Math.max(severity, 0), 3);
  // so many of three bars are filled: nobody needs to tell colours apart
  const bars = LEVELS.slice(1).map((_, index) => make("i", index < known ? "on" : ""));
  const sign = make("span", "bars", ...bars);
  sign.setAttribute("aria-hidden", "true");
  const chip = make("span", "severity", sign, word(LEVELS[known]));
  chip.dataset.severity = String(known);
  chip.title = word("levelMeaning");
  return chip;
}

function writeCard(each: District, ranked: Ranked, worst: Hotspot | null, close: () => void): void {
  const shut = make("button", "button quiet shut", "×");
  shut.type = "button";
  shut.setAttribute("aria-label", word("close"));
  shut.addEventListener("click", close);
  const facts: [string, string][] = [
    [word("hotspots"), String(each.hotspots)],
    [word("peopleLong"), people(each)],
    [word("firstTime"), firstText(each, ranked.run)],
    [word("worstPlace"), worst === null ? NOTHING : placeOf(worst)],
    [word("deepestSpot"), each.deepest_p50_m === null ? NOTHING : `${each.deepest_p50_m.toFixed(1)} m`],
    [word("floodedArea"), area(each.flooded_area_p50_m2)],
    [word("floodedAreaHigh"), area(each.flooded_area_p90_m2)],
  ];
  const card = find("card");
  card.replaceChildren(
    shut,
    make("h3", "", nameOf(each)),
    levelOf(each),
    factList(facts),
    make("p", "quiet-text", word("levelMeaning")),
  );
  card.hidden = false;
}

/** Hotspots come with the worst first. */
function worstOf(each: District, hotspots: Hotspot[] | null): Hotspot | null {
  return hotspots?.find((hotspot) => hotspot.district === each.district) ?? null;
}

function nameOf(each: District): string {
  return (language() === "en" ? null : each.district_zh) ?? each.district;
}

function people({ people: count }: District): string {
  return count === null ? NOTHING : Math.round(count).toLocaleString("en-GB");
}

function first({ first_time: time }: District, run: RunDetail): string {
  return time === null ? NOTHING : when(time, run);
}

function firstText(each: District, run: RunDetail): string {
  if (wasWet(each, run)) return word("alreadyWet");
  if (each.first_time === null || run.kind !== "forecast") return first(each, run);
  return both(each.first_time);
}

/** Square metres as hectares. */
function area(square: number | null): string {
  return square === null ? NOTHING : `${(square / 10_000).toFixed(square < 100_000 ? 1 : 0)} ${word("hectares")}`;
}
