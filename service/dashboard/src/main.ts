/** The page: choose a city and a run, show its water, keep counting its age. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./page.css";
import {
  askJson,
  type CityDetail,
  type CitySummary,
  cityPath,
  type Hotspot,
  type RunSummary,
} from "./api";
import { fillSelect, find } from "./dom";
import { drawn } from "./drawn";
import { showFeeds, startFeeds } from "./feeds";
import { StepStore } from "./frames";
import { chooseRow, showCard, showHotspots } from "./hotspots";
import { OVER_TIME, showLayers, showLegend } from "./legend";
import { CityMap } from "./map";
import { hearClock, showClock } from "./exercise";
import { loadRun, peak, type RunContent } from "./run";
import { RunAge, showBadges, showFacts, showIssued } from "./status";
import { short } from "./times";
import { Timeline } from "./timeline";
import { explain, showTrouble } from "./trouble";
import { loadVerification, writeVerification } from "./verification";
import { language, setLanguage, translatePage, word } from "./words";

const LATEST = "latest";
const LOOK_AGAIN_MS = 20_000;
const TRY_AGAIN_MS = 4_000;

declare global {
  interface Window {
    /** For tests and for curious people: the map, and how long each slider step took [ms]. */
    floodtwin: { map: CityMap["map"] | null; stepMilliseconds: number[]; readyMilliseconds: number };
  }
}
window.floodtwin = { map: null, stepMilliseconds: [], readyMilliseconds: 0 };

const asked = new URLSearchParams(location.search);
const timeline = new Timeline(showStep);
let cities: CitySummary[] = [];
let runs: RunSummary[] = [];
let wantedRun = asked.get("run") ?? LATEST;
let city: CityDetail | null = null;
let map: CityMap | null = null;
let run: RunContent | null = null;
let steps: StepStore | null = null;
let newestStep = 0;

async function start(): Promise<void> {
  try {
    [cities] = await Promise.all([askJson<CitySummary[]>("/api/cities"), hearClock()]);
    const wished = cities.find((c) => c.name === asked.get("city"));
    const first = wished ?? cities.find((c) => c.latest_run !== null) ?? cities[0];
    showTrouble(first ? null : "noCity");
    if (first) await openCity(first, Number(asked.get("step") ?? -1));
    else setTimeout(start, TRY_AGAIN_MS);
  } catch (error) {
    explain(error, "noServerYet");
    setTimeout(start, TRY_AGAIN_MS);
  }
}

/** Make the map while the answers about city and run are still on their way. */
async function openCity(chosen: CitySummary, index = -1): Promise<void> {
  const base = cityPath(chosen.name);
  const id = wantedRun === LATEST ? chosen.latest_run : wantedRun;
  const answers = Promise.all([
    askJson<CityDetail>(base),
    askJson<RunSummary[]>(`${base}/runs`),
    id === null ? null : loadRun(chosen.name, id),
  ]);
  map?.close();
  map = newMap(chosen);
  window.floodtwin.map = map?.map ?? null;
  const [detail, list, content] = await answers;
  city = detail;
  runs = list;
  fillSelect(find("city"), cities.map((c) => [c.name, c.title]), chosen.name);
  await showRun(detail, content, index);
  void loadVerification(chosen.name);
}

function newMap(chosen: CitySummary): CityMap | null {
  try {
    return new CityMap(find("map"), chosen);
  } catch (error) {
    console.error(error);
    showTrouble("noGraphics");
    return null;
  }
}

async function openRun(opened: CityDetail, wanted: string): Promise<void> {
  const id = wanted === LATEST ? runs[0]?.run_id : wanted;
  const content = id === undefined ? null : await loadRun(opened.name, id);
  if (opened === city) await showRun(opened, content);
}

async function showRun(opened: CityDetail, content: RunContent | null, index = -1): Promise<void> {
  if (content === null) showTrouble(runs.length === 0 ? "noRun" : "noSuchRun");
  else if (document.body.dataset.trouble !== "noGraphics") showTrouble(null);
  delete document.body.dataset.ready;
  steps?.close();
  run = content;
  const frames = content?.frames ?? null;
  const many = content?.buildings?.count ?? 0;
  steps = content && frames ? new StepStore(opened.name, content.run.run_id, frames, many > 0, map) : null;
  writeRun(opened);
  timeline.open(frames, content?.buildings ?? null, index >= 0 ? index : peak(content));
  remember();
  await firstPicture(steps, opened);
}

async function firstPicture(wanted: StepStore | null, opened: CityDetail): Promise<void> {
  // On its way while the map takes the run.
  const picture = steps?.get(timeline.index).catch(frameMissing);
  if (map) {
    await map.open(run?.run.run_id ?? "", run?.frames ?? null);
    const step = await picture;
    if (wanted !== steps) return;
    map.mark(run?.hotspots ?? [], openHotspot);
    if (step) map.show(step);
    await map.loaded();
    await drawn(map.map);
    void map.places(opened);
  }
  if (wanted !== steps) return;
  window.floodtwin.readyMilliseconds = performance.now();
  document.body.dataset.ready = "true";
  steps?.hurry();
}

/** Draw one step; when several are asked for quickly, only the newest reaches the map. */
async function showStep(index: number): Promise<void> {
  const begun = performance.now();
  const turn = ++newestStep;
  const [from, on] = [steps, map];
  if (!from || !on) return;
  try {
    const step = await from.get(index);
    if (turn !== newestStep || from !== steps || on !== map) return;
    if (find<HTMLSelectElement>("layer").value !== OVER_TIME) chooseLayer(OVER_TIME);
    on.show(step);
    await drawn(on.map);
    if (document.body.dataset.ready) {
      window.floodtwin.stepMilliseconds.push(performance.now() - begun);
    }
    if (document.body.dataset.trouble === "frameMissing") showTrouble(null);
  } catch (error) {
    if (from === steps) frameMissing(error);
  }
  remember();
}

function frameMissing(error: unknown): void {
  console.error(error);
  showTrouble("frameMissing");
}

function openHotspot(hotspot: Hotspot): void {
  showCard(hotspot, closeCard);
  const narrow = matchMedia("(max-width: 899px)").matches;
  if (narrow) find("map").scrollIntoView({ block: "nearest" });
  map?.fly(hotspot, narrow ? find("card").offsetHeight : 0);
  map?.choose(hotspot.rank);
  chooseRow(hotspot.rank);
}

function closeCard(): void {
  find("card").hidden = true;
  map?.choose(null);
  chooseRow(null);
}

function chooseLayer(name: string): void {
  find<HTMLSelectElement>("layer").value = name;
  const field = run?.run.fields.find((f) => f.field === name) ?? null;
  if (field) timeline.pause();
  map?.showField(field);
  if (field) showLegend(field.steps, field.units);
  else showLegend(run?.frames?.steps ?? [], "m");
}

/** Write all words and numbers of the shown run. */
function writeRun(opened: CityDetail): void {
  const shortOf = (r: RunSummary) => short(r.issue_time ?? r.created);
  const label = (r: RunSummary) =>
    `${word(r.kind === "forecast" ? "forecast" : "scenario")} ${shortOf(r)}`;
  const options: [string, string][] = runs.map((r) => [r.run_id, label(r)]);
  if (runs.length > 0) options.unshift([LATEST, `${word("latest")} · ${shortOf(runs[0])}`]);
  fillSelect(find("run"), options, wantedRun);
  find<HTMLSelectElement>("run").disabled = runs.length === 0;
  showLayers(run?.run ?? null, OVER_TIME);
  showLegend(run?.frames?.steps ?? [], "m");
  showBadges(run?.run ?? null, run?.age ?? null);
  showIssued(run?.run ?? null);
  showFacts(run?.run ?? null, opened);
  showHotspots(run ? run.hotspots : null, run?.run.issue_time ?? null, openHotspot);
  closeCard();
}

/** Keep city, run and time in the address, so that it can be handed on. */
function remember(): void {
  if (!city) return;
  const now = new URLSearchParams({ city: city.name, run: wantedRun });
  now.set("step", String(timeline.index));
  history.replaceState(null, "", `?${now}`);
}

/** Look for a newer run, and follow it when the page shows the latest one. */
async function lookAgain(): Promise<void> {
  if (!city) return;
  const asked = askJson<RunSummary[]>(`${cityPath(city.name)}/runs`);
  [runs] = await Promise.all([asked, hearClock()]);
  const same = runs.find((listed) => listed.run_id === run?.run.run_id);
  if (run && same) run.age = new RunAge(same);
  if (document.body.dataset.trouble === "noServer") showTrouble(null);
  const newest = runs[0]?.run_id;
  if (wantedRun === LATEST && newest && newest !== run?.run.run_id) await openRun(city, LATEST);
}

function chooseLanguage(): void {
  setLanguage(language() === "en" ? "zh-TW" : "en");
  const layer = find<HTMLSelectElement>("layer").value;
  nameLanguage();
  showClock();
  showFeeds();
  if (!city) return;
  writeVerification();
  writeRun(city);
  timeline.translate();
  map?.mark(run?.hotspots ?? [], openHotspot);
  map?.translate();
  chooseLayer(layer);
}

function nameLanguage(): void {
  translatePage();
  const button = find("language");
  button.textContent = language() === "en" ? "中文" : "English";
  button.setAttribute("lang", language() === "en" ? "zh-TW" : "en");
}

function guarded(work: Promise<void>): void {
  work.catch((error) => explain(error, "noServer"));
}

find("city").addEventListener("change", (event) => {
  wantedRun = LATEST;
  const chosen = cities.find((c) => c.name === (event.target as HTMLSelectElement).value);
  if (chosen) guarded(openCity(chosen));
});
find("run").addEventListener("change", (event) => {
  wantedRun = (event.target as HTMLSelectElement).value;
  if (city) guarded(openRun(city, wantedRun));
});
find("layer").addEventListener("change", (event) => {
  chooseLayer((event.target as HTMLSelectElement).value);
});
find("language").addEventListener("click", chooseLanguage);
find("home").addEventListener("click", () => map?.home());
find("tilt").addEventListener("click", (event) => {
  const tilted = map?.tilt() ?? true;
  (event.currentTarget as HTMLElement).setAttribute("aria-pressed", String(tilted));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !find("card").hidden) closeCard();
});
setInterval(() => {
  showBadges(run?.run ?? null, run?.age ?? null);
  showClock();
  timeline.markNow();
}, 1000);
setInterval(() => guarded(lookAgain()), LOOK_AGAIN_MS);
nameLanguage();
startFeeds();
void start();
