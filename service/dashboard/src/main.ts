/** The page: choose a city and a run, show its water, keep counting its age. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./page.css";
import {
  askJson,
  askOptional,
  type BuildingTimes,
  type CityDetail,
  type CitySummary,
  cityPath,
  type FrameList,
  type Hotspot,
  type RunDetail,
  type RunSummary,
  runPath,
  ServiceError,
} from "./api";
import { fillSelect, find } from "./dom";
import { drawn } from "./drawn";
import { StepStore } from "./frames";
import { chooseRow, showCard, showHotspots } from "./hotspots";
import { OVER_TIME, showLayers, showLegend } from "./legend";
import { CityMap } from "./map";
import { RunAge, showBadges, showFacts } from "./status";
import { both } from "./times";
import { Timeline } from "./timeline";
import { explain, showTrouble } from "./trouble";
import { language, setLanguage, translatePage, word } from "./words";

const LATEST = "latest";
const LOOK_AGAIN_MS = 20_000;
const TRY_AGAIN_MS = 4_000;

interface Shown {
  city: CityDetail;
  run: RunDetail | null;
  frames: FrameList | null;
  hotspots: Hotspot[] | null;
  buildings: BuildingTimes | null;
  age: RunAge | null;
  map: CityMap | null;
  steps: StepStore | null;
}

declare global {
  interface Window {
    /** For tests and for curious people: the map, and how long the last steps took [ms]. */
    floodtwin: { map: CityMap["map"] | null; stepMilliseconds: number[]; readyMilliseconds: number };
  }
}

window.floodtwin = { map: null, stepMilliseconds: [], readyMilliseconds: 0 };

const asked = new URLSearchParams(location.search);
const timeline = new Timeline(showStep);
let shown: Shown | null = null;
let wantedRun = asked.get("run") ?? LATEST;
let runs: RunSummary[] = [];
let cities: CitySummary[] = [];
let newestStep = 0;

async function start(): Promise<void> {
  translatePage();
  try {
    cities = await askJson<CitySummary[]>("/api/cities");
    if (cities.length === 0) return again("noCity");
    const city = cities.find((c) => c.name === asked.get("city")) ?? preferred(cities);
    showTrouble(null);
    await openCity(city.name);
  } catch (error) {
    explain(error, "noServerYet");
    setTimeout(start, TRY_AGAIN_MS);
  }
}

function again(key: "noCity"): void {
  showTrouble(key);
  setTimeout(start, TRY_AGAIN_MS);
}

/** The first city that has something to show. */
function preferred(all: CitySummary[]): CitySummary {
  return all.find((city) => city.latest_run !== null) ?? all[0];
}

async function openCity(name: string): Promise<void> {
  const [city, list] = await Promise.all([
    askJson<CityDetail>(cityPath(name)),
    askJson<RunSummary[]>(`${cityPath(name)}/runs`),
  ]);
  runs = list;
  fillSelect(find("city"), cities.map((c) => [c.name, c.title]), name);
  await openRun(city, wantedRun);
}

async function openRun(city: CityDetail, wanted: string, index = Number(asked.get("step") ?? -1)) {
  const known = wanted === LATEST ? runs[0]?.run_id : wanted;
  let content: Omit<Shown, "map" | "steps">;
  try {
    content = await load(city, known);
    showTrouble(known === undefined ? "noRun" : null);
  } catch (error) {
    if (!(error instanceof ServiceError && error.status === 404)) throw error;
    content = await load(city, undefined);
    showTrouble("noSuchRun");
  }
  delete document.body.dataset.ready;
  shown?.map?.close();
  shown?.steps?.close();
  const { run, frames } = content;
  const map = newMap(content);
  const hasBuildings = content.buildings !== null && content.buildings.count > 0;
  const steps = run && frames ? new StepStore(city.name, run.run_id, frames, hasBuildings) : null;
  shown = { ...content, map, steps };
  window.floodtwin.map = map?.map ?? null;
  writeRun();
  timeline.open(frames, content.buildings, index >= 0 ? index : peak(content));
  remember();
  await firstPicture(shown);
}

/** Everything about one run but its pictures, asked for at once. */
async function load(city: CityDetail, id: string | undefined): Promise<Omit<Shown, "map" | "steps">> {
  if (id === undefined) {
    return { city, run: null, frames: null, hotspots: null, buildings: null, age: null };
  }
  const base = runPath(city.name, id);
  const [run, frames, hotspots, buildings] = await Promise.all([
    askJson<RunDetail>(base),
    askOptional<FrameList>(`${base}/frames`),
    askOptional<{ features: { geometry: { coordinates: [number, number] }; properties: Hotspot }[] }>(
      `${base}/hotspots`,
    ),
    askOptional<BuildingTimes>(`${base}/buildings`),
  ]);
  const places = hotspots?.features.map(({ geometry, properties }) => ({
    ...properties,
    lon: geometry.coordinates[0],
    lat: geometry.coordinates[1],
  }));
  return { city, run, frames, hotspots: places ?? null, buildings, age: new RunAge(run) };
}

/** The step to open with: the first one with the most buildings in water. */
function peak({ buildings }: Pick<Shown, "buildings">): number {
  const counts = buildings?.flooded ?? [0];
  return counts.indexOf(Math.max(...counts));
}

function newMap({ city, run, frames }: Omit<Shown, "map" | "steps">): CityMap | null {
  try {
    return new CityMap(find("map"), city, run?.run_id ?? null, frames);
  } catch {
    showTrouble("noGraphics");
    return null;
  }
}

async function firstPicture(now: Shown): Promise<void> {
  const { map, steps } = now;
  if (map) {
    await map.styled();
    map.mark(now.hotspots ?? [], openHotspot);
    if (steps) await showStep(timeline.index);
    await map.loaded();
    await drawn(map.map);
  }
  if (now !== shown) return;
  window.floodtwin.readyMilliseconds = performance.now();
  document.body.dataset.ready = "true";
}

/** Draw one step; when several are asked for quickly, only the newest reaches the map. */
async function showStep(index: number): Promise<void> {
  const begun = performance.now();
  const turn = ++newestStep;
  const now = shown;
  if (!now?.steps || !now.map) return;
  try {
    const step = await now.steps.get(index);
    if (turn !== newestStep || now !== shown) return;
    if (find<HTMLSelectElement>("layer").value !== OVER_TIME) chooseLayer(OVER_TIME);
    now.map.show(step);
    await drawn(now.map.map);
    window.floodtwin.stepMilliseconds.push(performance.now() - begun);
    if (document.body.dataset.trouble === "frameMissing") showTrouble(null);
  } catch (error) {
    if (now !== shown) return;
    if (error instanceof ServiceError) showTrouble("frameMissing");
    else throw error;
  }
  remember();
}

function openHotspot(hotspot: Hotspot): void {
  shown?.map?.fly(hotspot);
  shown?.map?.choose(hotspot.rank);
  chooseRow(hotspot.rank);
  showCard(hotspot, closeCard);
  if (matchMedia("(max-width: 899px)").matches) find("map").scrollIntoView({ block: "nearest" });
}

function closeCard(): void {
  find("card").hidden = true;
  shown?.map?.choose(null);
  chooseRow(null);
}

function chooseLayer(name: string): void {
  if (!shown) return;
  find<HTMLSelectElement>("layer").value = name;
  const field = shown.run?.fields.find((f) => f.field === name) ?? null;
  if (field) timeline.pause();
  shown.map?.showField(field);
  if (field) showLegend(field.steps, field.units);
  else showLegend(shown.frames?.steps ?? [], "m");
}

/** Write all words and numbers of the shown run. */
function writeRun(): void {
  if (!shown) return;
  const { run, city, hotspots } = shown;
  const label = (r: RunSummary) =>
    `${word(r.kind === "forecast" ? "forecast" : "scenario")} ${both(r.issue_time ?? r.created)}`;
  const options: [string, string][] = runs.map((r) => [r.run_id, label(r)]);
  if (runs.length > 0) options.unshift([LATEST, `${word("latest")}: ${label(runs[0])}`]);
  fillSelect(find("run"), options, wantedRun);
  find<HTMLSelectElement>("run").disabled = runs.length === 0;
  showLayers(run, OVER_TIME);
  showLegend(shown.frames?.steps ?? [], "m");
  showBadges(run, shown.age);
  showFacts(run, city);
  showHotspots(run ? hotspots : [], openHotspot);
  closeCard();
}

/** Keep city, run and time in the address, so that it can be handed on. */
function remember(): void {
  if (!shown) return;
  const now = new URLSearchParams({ city: shown.city.name, run: wantedRun });
  now.set("step", String(timeline.index));
  history.replaceState(null, "", `?${now}`);
}

/** Look for a newer run; follow it when the page shows the latest one. */
async function lookAgain(): Promise<void> {
  if (!shown) return;
  const { city, run } = shown;
  try {
    runs = await askJson<RunSummary[]>(`${cityPath(city.name)}/runs`);
    if (document.body.dataset.trouble === "noServer") showTrouble(null);
    if (wantedRun === LATEST && runs[0] && runs[0].run_id !== run?.run_id) {
      await openRun(city, LATEST, -1);
    }
  } catch (error) {
    explain(error, "noServer");
  }
}

function chooseLanguage(): void {
  setLanguage(language() === "en" ? "zh-TW" : "en");
  const layer = find<HTMLSelectElement>("layer").value;
  nameLanguage();
  translatePage();
  writeRun();
  timeline.translate();
  shown?.map?.translate();
  chooseLayer(layer);
}

function nameLanguage(): void {
  const button = find("language");
  button.textContent = language() === "en" ? "中文" : "English";
  button.setAttribute("lang", language() === "en" ? "zh-TW" : "en");
}

function guarded(work: Promise<void>): void {
  work.catch((error) => explain(error, "noServer"));
}

find("city").addEventListener("change", (event) => {
  wantedRun = LATEST;
  guarded(openCity((event.target as HTMLSelectElement).value));
});
find("run").addEventListener("change", (event) => {
  wantedRun = (event.target as HTMLSelectElement).value;
  if (shown) guarded(openRun(shown.city, wantedRun, -1));
});
find("layer").addEventListener("change", (event) => {
  chooseLayer((event.target as HTMLSelectElement).value);
});
find("language").addEventListener("click", chooseLanguage);
find("home").addEventListener("click", () => shown?.map?.home());
find("tilt").addEventListener("click", (event) => {
  const tilted = shown?.map?.tilt() ?? true;
  (event.currentTarget as HTMLElement).setAttribute("aria-pressed", String(tilted));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !find("card").hidden) closeCard();
});
setInterval(() => showBadges(shown?.run ?? null, shown?.age ?? null), 1000);
setInterval(() => guarded(lookAgain()), LOOK_AGAIN_MS);
nameLanguage();
void start();
