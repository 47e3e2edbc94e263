/** The page: choose a city and a run, show its water, keep counting its age. */

import "maplibre-gl/dist/maplibre-gl.css";
import "./page.css";
import "./access.css";
import { AccessPanel } from "./access_panel";
import {
  askJson,
  askOptional,
  type CityDetail,
  type CitySummary,
  cityPath,
  type Hotspot,
  type RunDetail,
  runPath,
  type RunSummary,
} from "./api";
import { fillSelect, find } from "./dom";
import { showDistricts } from "./districts";
import { hearClock, showClock } from "./exercise";
import { showFeeds, startFeeds } from "./feeds";
import { chooseRow, showCard, showHotspots, tellLeads } from "./hotspots";
import { OVER_TIME, showLayers, showLegend, titleOf } from "./legend";
import type { CityMap } from "./map";
import { loadRun, peak, type RunContent } from "./run";
import { runLabels } from "./run_labels";
import type { SceneFigures } from "./scene/figures";
import { showState, startStateBox } from "./state_box";
import { RunAge, showBadges, showEnded, showFacts, showIssued } from "./status";
import { Timeline } from "./timeline";
import { explain, showTrouble } from "./trouble";
import { loadVerification, writeVerification } from "./verification";
import type { CityView, Place } from "./view";
import { askedView, showSwitch, type ViewKind } from "./view_switch";
import { language, setLanguage, translatePage, word } from "./words";

const LATEST = "latest";
const LOOK_AGAIN_MS = 20_000;
const TRY_AGAIN_MS = 4_000;

declare global {
  interface Window {
    /** For tests and for curious people: what is shown, and how long each slider step took [ms]. */
    floodtwin: {
      map: CityMap["map"] | null;
      scene: SceneFigures | null;
      stepMilliseconds: number[];
      readyMilliseconds: number;
    };
  }
}
window.floodtwin = { map: null, scene: null, stepMilliseconds: [], readyMilliseconds: 0 };

/** Each view is a part of its own, so that nobody waits for the other one. */
const mapPart = () => import("./map_view");
const scenePart = () => import("./scene/scene_view");
const asked = new URLSearchParams(location.search);
const timeline = new Timeline(showStep);
const access = new AccessPanel({
  view: () => view,
  closeCard,
  visit(place) {
    view?.choose(null);
    chooseRow(null);
    bringIntoView(place);
  },
});
let cities: CitySummary[] = [];
let runs: RunSummary[] = [];
let wantedRun = asked.get("run") ?? LATEST;
let kind: ViewKind = askedView(asked);
let city: CityDetail | null = null;
let view: CityView | null = null;
let run: RunContent | null = null;
let openings = 0;
// On its way before anything is known of the city.
void (kind === "3d" ? scenePart() : mapPart()).catch(() => undefined);

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

/** Make the view while the answers about city and run are still on their way. */
async function openCity(chosen: CitySummary, index = -1): Promise<void> {
  const turn = ++openings;
  const base = cityPath(chosen.name);
  const id = wantedRun === LATEST ? chosen.latest_run : wantedRun;
  const answers = Promise.all([
    askJson<CityDetail>(base),
    askJson<RunSummary[]>(`${base}/runs`),
    id === null ? null : loadRun(chosen.name, id),
  ]);
  const made = newView(chosen);
  const [detail, list, content] = await answers;
  const ready = await made;
  if (turn !== openings) return ready?.close();
  view = ready;
  city = detail;
  runs = list;
  fillSelect(find("city"), cities.map((c) => [c.name, c.title]), chosen.name);
  await showRun(detail, content, index);
  void loadVerification(chosen.name);
}

/** Close what is shown and make the view that was chosen. */
async function newView(chosen: CitySummary): Promise<CityView | null> {
  view?.close();
  view = null;
  Object.assign(window.floodtwin, { map: null, scene: null });
  showSwitch(kind);
  try {
    if (kind === "3d") {
      const { SceneView } = await scenePart();
      const scene = new SceneView(find("scene"), chosen, scenePage);
      window.floodtwin.scene = scene.figures;
      return scene;
    }
    const { MapView } = await mapPart();
    const flat = new MapView(find("map"), chosen, access);
    window.floodtwin.map = flat.map;
    return flat;
  } catch (error) {
    console.error(error);
    showTrouble(kind === "3d" ? "noGraphics3d" : "noGraphics");
    return null;
  }
}

/** Look at the same run and time another way. */
async function chooseView(wanted: ViewKind): Promise<void> {
  if (wanted === kind || !city) return;
  kind = wanted;
  const turn = ++openings;
  const made = await newView(city);
  if (turn !== openings) return made?.close();
  view = made;
  await showRun(city, run, timeline.index);
}

async function openRun(opened: CityDetail, wanted: string): Promise<void> {
  const id = wanted === LATEST ? opened.latest_run : wanted;
  const content = id === null ? null : await loadRun(opened.name, id);
  if (opened.name === city?.name) await showRun(opened, content);
}

async function showRun(opened: CityDetail, content: RunContent | null, index = -1): Promise<void> {
  if (content === null) showTrouble(runs.length === 0 ? "noRun" : "noSuchRun");
  else if (view !== null) showTrouble(null);
  delete document.body.dataset.ready;
  run = content;
  writeRun(opened);
  timeline.open(content, index >= 0 ? index : peak(content));
  access.open(opened, content, timeline.index);
  remember();
  await firstPicture(opened);
}

async function firstPicture(opened: CityDetail): Promise<void> {
  const on = view;
  view?.mark(run?.hotspots ?? [], openHotspot);
  try {
    const isShown = await on?.open(run, timeline.index);
    if (on !== view || isShown === false) return;
  } catch (error) {
    if (on !== view) return;
    if (kind === "3d") noScene(error);
    else frameMissing(error);
  }
  window.floodtwin.readyMilliseconds = performance.now();
  document.body.dataset.ready = "true";
  on?.hurry(opened);
  access.hurry();
}

/** Draw one step; when several are asked for quickly, only the newest reaches the screen. */
async function showStep(index: number): Promise<void> {
  const begun = performance.now();
  const on = view;
  if (!on) return;
  try {
    if (find<HTMLSelectElement>("layer").value !== OVER_TIME) chooseLayer(OVER_TIME);
    access.show(index);
    if (!(await on.show(index)) || on !== view) return;
    if (document.body.dataset.ready) {
      window.floodtwin.stepMilliseconds.push(performance.now() - begun);
    }
    if (document.body.dataset.trouble === "frameMissing") showTrouble(null);
  } catch (error) {
    if (on === view) frameMissing(error);
  }
  remember();
}

function noScene(error: unknown): void {
  console.error(error);
  showTrouble("noScene");
}

function frameMissing(error: unknown): void {
  console.error(error);
  showTrouble("frameMissing");
}

function openHotspot(hotspot: Hotspot): void {
  showCard(hotspot, run?.run ?? null, closeCard);
  bringIntoView(hotspot);
  view?.choose(hotspot.rank);
  chooseRow(hotspot.rank);
}

/** The card of a district is written by its list. */
function openDistrict(worst: Hotspot | null): void {
  bringIntoView(worst);
  view?.choose(null);
  chooseRow(null);
}

/** Say what the clock of the page changes: how old the run is, and whether it can be relied on. */
function tellAge(): void {
  showBadges(run?.run ?? null, run?.age ?? null);
  showState(run?.run ?? null, run?.age ?? null);
}

/** Go to what the card tells of; on a narrow screen the card covers the top of the view. */
function bringIntoView(place: Place | null): void {
  const narrow = matchMedia("(max-width: 899px)").matches;
  if (narrow) find("view").scrollIntoView({ block: "nearest" });
  if (place) view?.fly(place, narrow ? find("card").offsetHeight : 0);
}

/** What the scene asks of this page. */
const scenePage = {
  opened(): void {
    view?.choose(null);
    chooseRow(null);
  },
  closeCard,
  openHotspot,
  access,
  wanted: () => wantedRun,
  async wantRun(id: string): Promise<void> {
    wantedRun = id;
    if (city) await openRun(city, id);
  },
};

function closeCard(): void {
  find("card").hidden = true;
  view?.choose(null);
  chooseRow(null);
}

function chooseLayer(name: string): void {
  find<HTMLSelectElement>("layer").value = name;
  const field = run?.run.fields.find((f) => f.field === name) ?? null;
  if (field) timeline.pause();
  view?.showField(field);
  timeline.tellWhole(field ? titleOf(field) : null);
  if (field) showLegend(field.steps, field.units);
  else showLegend(run?.frames?.steps ?? [], "m");
}

/** Offer all runs; the service says which one counts, as an earlier forecast may come later. */
function listRuns(opened: CityDetail): void {
  // A run of a scenario is kept apart from the list; it can still be shown.
  const isListed = wantedRun === LATEST || runs.some((each) => each.run_id === wantedRun);
  const offered: RunSummary[] = run && !isListed ? [...runs, run.run] : runs;
  const { labels, latest } = runLabels(offered, opened.latest_run);
  const options = [...labels];
  if (latest) options.unshift([LATEST, `${word("latest")} · ${latest}`]);
  fillSelect(find("run"), options, wantedRun);
  const select = find<HTMLSelectElement>("run");
  select.title = select.selectedOptions[0]?.text ?? ""; // the bar may be too narrow for it
  select.disabled = runs.length === 0;
}

/** Write all words and numbers of the shown run. */
function writeRun(opened: CityDetail): void {
  listRuns(opened);
  showLayers(run?.run ?? null, OVER_TIME);
  showLegend(run?.frames?.steps ?? [], "m");
  tellAge();
  showIssued(run?.run ?? null);
  showFacts(run?.run ?? null, opened);
  showEnded(run?.run ?? null);
  showHotspots(run?.hotspots ?? null, run?.run ?? null, openHotspot);
  showDistricts(run, openDistrict, closeCard);
  closeCard();
}

/** Keep city, run and time in the address, so that it can be handed on. */
function remember(): void {
  if (!city) return;
  const now = new URLSearchParams({ city: city.name, run: wantedRun });
  now.set("step", String(timeline.index));
  if (kind === "3d") now.set("view", kind);
  history.replaceState(null, "", `?${now}`);
}

/** Look for a newer run, and follow it when the page shows the latest one. */
async function lookAgain(): Promise<void> {
  if (!city) return;
  const base = cityPath(city.name);
  const shown = run?.run;
  const [detail, list, told] = await Promise.all([
    askJson<CityDetail>(base),
    askJson<RunSummary[]>(`${base}/runs`),
    shown ? askOptional<RunDetail>(runPath(city.name, shown.run_id)) : null,
    hearClock(),
  ]);
  // what is said of alerts and late readings changes while a run is shown
  if (shown && told) Object.assign(shown, { alerts: told.alerts, late_data: told.late_data });
  if (detail.name !== city.name) return;
  const isChanged = list.map((each) => each.run_id).join() !== runs.map((each) => each.run_id).join();
  city = detail;
  runs = list;
  if (isChanged) listRuns(detail);
  const same = runs.find((listed) => listed.run_id === run?.run.run_id);
  if (run && same) run.age = new RunAge(same);
  if (document.body.dataset.trouble === "noServer") showTrouble(null);
  const newest = city.latest_run;
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
  access.translate();
  view?.mark(run?.hotspots ?? [], openHotspot);
  view?.translate();
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
find("to-now").addEventListener("click", () => timeline.goNow());
find("home").addEventListener("click", () => view?.home());
for (const wanted of ["2d", "3d"] as const) {
  find(`view-${wanted}`).addEventListener("click", () => guarded(chooseView(wanted)));
}
find("tilt").addEventListener("click", (event) => {
  const tilted = view?.tilt() ?? true;
  (event.currentTarget as HTMLElement).setAttribute("aria-pressed", String(tilted));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !find("card").hidden) closeCard();
});
setInterval(() => {
  tellAge();
  showEnded(run?.run ?? null);
  showClock();
  tellLeads();
  timeline.markNow();
}, 1000);
setInterval(() => guarded(lookAgain()), LOOK_AGAIN_MS);
nameLanguage();
startFeeds();
startStateBox(tellAge);
void start();
