/** The city in three dimensions: what is shown in it, and how it follows the page. */

import "./scene.css";
import type { Vector2 } from "three";
import type { Access } from "../access";
import { askJson, type CityDetail, type CitySummary, cityPath, type Hotspot } from "../api";
import { find } from "../dom";
import type { RunContent } from "../run";
import type { CityView, Place } from "../view";
import { word } from "../words";
import type { OpenAccess } from "./access_marks";
import type { SceneInfo } from "./answers";
import type { Buildings } from "./buildings";
import { type CityParts, loadBuildings, loadGround, loadSewers, paint } from "./city_parts";
import { Comparing } from "./comparing";
import { figuresOf, type SceneFigures } from "./figures";
import { GroundObjects } from "./ground_objects";
import { Inspector } from "./inspector";
import { LiveLayers } from "./live_layers";
import { Marks } from "./marks";
import { note, unnote } from "./note";
import { Panel, type Shown } from "./panel";
import { Picker } from "./picking";
import type { RunLayer, WaterStep } from "./run_layer";
import type { Sewers } from "./sewers";
import type { Site } from "./sites";
import { ShownRuns } from "./shown_runs";
import { Stage } from "./stage";
import { depthAt, heightAt } from "./water_level";

const BLEND_MS = 350;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

/** What the scene asks of the page. */
export interface ScenePage {
  /** An object was picked, whose card is on the page now. */
  opened(): void;
  closeCard(): void;
  openHotspot(hotspot: Hotspot): void;
  /** Opens cards of closed roads and of shelters. */
  access: OpenAccess;
  /** The run that people asked for: an id, or the latest whichever it is. */
  wanted(): string;
  /** Show another run. */
  wantRun(run: string): Promise<void>;
}

export class SceneView implements CityView {
  readonly figures: SceneFigures;
  private readonly stage: Stage;
  private readonly picker: Picker;
  private readonly marks = new Marks(find("scene-marks"));
  private readonly panel: Panel;
  private readonly inspector: Inspector;
  private readonly live: LiveLayers;
  private readonly comparing: Comparing;
  private readonly runs: ShownRuns;
  private readonly stop = new AbortController();
  private readonly loading: Promise<void>;
  private parts: CityParts | null = null;
  private buildings: Buildings | null = null;
  /** Settled when the buildings in view are there, or when it is known that they come later. */
  private standing: Promise<void> = Promise.resolve();
  private sewers: Sewers | null = null;
  private city: CityDetail | null = null;
  private content: RunContent | null = null;
  private ground: Promise<GroundObjects> | null = null;
  private index = 0;
  private newest = 0;
  private blendBegun = 0;
  private wantedPair: string | null = null;
  /** What was shown before a scenario brought its own base. */
  private cameFrom: string | null = null;

  /** Throws where the browser cannot draw in three dimensions. */
  constructor(
    container: HTMLElement,
    private readonly chosen: CitySummary,
    private readonly page: ScenePage,
  ) {
    this.stage = new Stage(container, (at) => this.pick(at));
    const { painter, camera } = this.stage;
    painter.before = () => this.beforeFrame();
    painter.after = () => this.marks.place(camera.camera, this.stage.size.x, this.stage.size.y);
    painter.panes = () => this.comparing.panes(this.runs.all, (run) => this.take(run));
    this.picker = new Picker(camera.camera);
    this.runs = new ShownRuns(chosen.name);
    this.panel = new Panel({
      colour: (by) => this.guard(this.runs.colour(by).then(() => this.writeLegend())),
      show: (what, isShown) => this.guard(this.toggle(what, isShown)),
      compare: (key) => this.guard(this.compare(key)),
      back: () => this.guard(this.compare("")),
    });
    this.inspector = new Inspector(chosen, () => page.closeCard());
    this.comparing = new Comparing(chosen, this.panel, () => painter.request());
    this.live = new LiveLayers(chosen, this.marks, this.openings(), () => painter.request());
    this.figures = figuresOf(this.stage, this.runs, () => this.buildings);
    this.loading = this.load();
    this.loading.catch(() => note(null)); // told by `open`
    this.stage.canvas.setAttribute("aria-label", word("sceneLabel"));
  }

  async open(run: RunContent | null, index: number): Promise<boolean> {
    const turn = ++this.newest;
    const [layer] = await Promise.all([this.runs.prepare(run), this.loading]);
    if (turn !== this.newest) return false;
    this.content = run;
    this.index = index;
    this.comparing.show(null);
    if (this.wantedPair === null) this.cameFrom = null;
    this.panel.apart(this.cameFrom !== null);
    this.runs.take(run, layer);
    this.writeLegend();
    this.put(await Promise.all(this.runs.steps(index)), false);
    await this.runs.recolour();
    await this.standing;
    await this.stage.painter.drawn();
    return turn === this.newest;
  }

  hurry(city: CityDetail): void {
    this.city = city;
    const { parts, content } = this;
    for (const layer of this.runs.all) layer.hurry();
    if (!parts) return;
    if (content) this.guard(this.offerPairs(content.run.run_id));
    this.guard(paint(city, parts, this.stage.painter));
    this.panel.offer("sewers", city.layers.some((layer) => layer.name === "drains"));
    this.guard(
      Promise.all([
        this.live.loadSpots(city, content?.run ?? null, parts.surface),
        this.live.loadSites(parts.surface),
      ]).then(() => this.offerLive()),
    );
    if (this.panel.isShown("sewers")) this.guard(this.toggle("sewers", true));
    this.readSensors();
  }

  async show(index: number): Promise<boolean> {
    const turn = ++this.newest;
    const steps = await Promise.all(this.runs.steps(index));
    if (turn !== this.newest) return false;
    this.index = index;
    const blends = !this.stage.painter.isSoftware && !CALM.matches;
    this.put(steps, blends);
    await this.stage.painter.drawn();
    this.readSensors();
    return turn === this.newest;
  }

  /** Fields over a whole run lie on the map; here buildings are coloured by them. */
  showField(): void {}

  mark(hotspots: Hotspot[]): void {
    this.live.setHotspots(hotspots, this.parts?.surface ?? null);
  }

  showAccess(known: Access): void {
    this.live.setAccess(known, this.parts?.surface ?? null);
  }

  choose(rank: number | null): void {
    this.live.choose(rank, this.parts?.surface ?? null);
    this.inspector.forget();
    this.buildings?.choose(null);
    this.stage.painter.request();
  }

  fly(hotspot: Place, covered: number): void {
    if (!this.parts) return;
    const place = this.parts.surface.onGround(hotspot.lon, hotspot.lat);
    this.stage.camera.visit(place, covered / Math.max(1, this.stage.size.y));
  }

  home(): void {
    this.stage.camera.home();
  }

  tilt(): boolean {
    return this.stage.camera.tilt();
  }

  translate(): void {
    this.stage.canvas.setAttribute("aria-label", word("sceneLabel"));
    this.writeLegend();
    if (this.parts) this.live.write(this.parts.surface);
    if (this.content) this.guard(this.offerPairs(this.content.run.run_id));
  }

  close(): void {
    this.newest += 1;
    this.stop.abort();
    this.live.close();
    this.comparing.show(null);
    this.panel.close();
    this.runs.close();
    this.buildings?.dispose();
    this.sewers?.dispose();
    this.parts?.ground.dispose();
    this.stage.close();
  }

  /** Ground and buildings come side by side; the ground is shown without waiting for these. */
  private async load(): Promise<void> {
    const { scene, camera, painter } = this.stage;
    const { signal } = this.stop;
    const loading = word("loading");
    note(loading);
    const info = await askJson<SceneInfo>(`${cityPath(this.chosen.name)}/3d`, signal);
    this.standing = new Promise((stand) => {
      const waiting = (seconds: number) => {
        note([word("tilesPending"), word("tryAgainIn"), seconds, word("seconds")].join(" "));
        stand();
      };
      loadBuildings(info, this.stage, signal, waiting, (error) => this.fail(error))
        .then((buildings) => this.build(buildings, stand))
        .catch((error) => {
          stand();
          this.fail(error);
        });
    });
    this.parts = await loadGround(info, painter, signal);
    const { surface, ground } = this.parts;
    ground.steps = this.content?.frames?.steps ?? [];
    unnote(loading);
    scene.add(ground.mesh);
    camera.over(surface);
    this.live.write(surface);
  }

  private build(buildings: Buildings, stand: () => void): void {
    note(null);
    this.buildings = buildings;
    this.stage.scene.add(buildings.tiles.group);
    buildings.isSeenThrough = this.sewers?.group.visible ?? false;
    buildings.whenComplete(stand);
    this.stage.painter.request();
  }

  /** Before each frame: fly on, blend on, ask for tiles; whether one more frame is wanted. */
  private beforeFrame(): boolean {
    const isFlying = this.stage.camera.update();
    const share = Math.min(1, (performance.now() - this.blendBegun) / BLEND_MS);
    for (const run of this.runs.all) run.blend = share;
    this.buildings?.update(this.stage.camera.camera);
    return isFlying || share < 1;
  }

  /** Draw as in this run from now on. */
  private take(run: RunLayer): void {
    this.parts?.ground.take(run);
    this.buildings?.take(run);
  }

  /** Show these steps, one a run; the picture follows in the next frame. */
  private put(steps: (WaterStep | null)[], blends: boolean): void {
    this.runs.show(steps, blends);
    this.blendBegun = blends ? performance.now() : 0;
    this.stage.painter.request();
  }

  private writeLegend(): void {
    const water = this.content?.frames?.steps ?? [];
    if (this.parts) this.parts.ground.steps = water;
    this.panel.legend(this.runs.scales, this.runs.scale, water);
    this.comparing.write();
    this.stage.painter.request();
  }

  private async toggle(what: Shown, isShown: boolean): Promise<void> {
    const { parts, city } = this;
    if (!parts || !city) return;
    if (what !== "sewers") return this.live.show(what, isShown, parts.surface);
    if (isShown) this.sewers ??= await loadSewers(city, parts.surface, this.stage.scene);
    if (this.sewers) this.sewers.group.visible = isShown;
    parts.ground.isSeenThrough = isShown;
    if (this.buildings) this.buildings.isSeenThrough = isShown;
    this.stage.painter.request();
  }

  /** Lay another run beside the shown one; a scenario brings its own base. */
  private async compare(key: string): Promise<void> {
    const pair = this.comparing.find(key);
    if (pair && pair.base !== this.content?.run.run_id) {
      this.cameFrom ??= this.page.wanted();
      this.wantedPair = key;
      return this.page.wantRun(pair.base);
    }
    if (!pair && this.cameFrom !== null) return this.page.wantRun(this.cameFrom);
    this.runs.compare(pair ? await this.runs.layerOf(pair.other, this.content?.buildings?.count ?? 0) : null);
    this.comparing.show(pair);
    this.put(await Promise.all(this.runs.steps(this.index)), false);
    await this.runs.recolour();
    this.stage.painter.request();
    if (!pair) return this.page.closeCard();
    for (const layer of this.runs.all) layer.hurry();
    this.page.opened();
    await this.comparing.tell(pair, () => this.page.closeCard());
  }

  private async offerPairs(run: string): Promise<void> {
    await this.comparing.offer(run);
    const wanted = this.wantedPair;
    this.wantedPair = null;
    if (wanted && this.comparing.find(wanted)?.base === run) await this.compare(wanted);
  }

  private pick(at: Vector2): void {
    const { parts } = this;
    if (!parts || !this.city) return;
    const picked = this.picker.pick(at, this.stage.size, parts.ground, this.buildings, this.sewers);
    if (!picked) return this.page.closeCard();
    this.page.opened();
    this.buildings?.choose(picked.kind === "building" ? picked.row : null);
    this.stage.painter.request();
    this.guard(this.inspector.open(picked, this.moment()));
  }

  private moment() {
    const { surface } = this.parts as CityParts;
    const city = this.city as CityDetail;
    return {
      ground: () => (this.ground ??= GroundObjects.load(city, surface)),
      run: this.content?.run.run_id ?? null,
      time: this.time,
      depthAt: (x: number, z: number) => depthAt(this.runs.base, surface, x, z),
      heightAt: (x: number, z: number) => heightAt(surface, x, z),
    };
  }

  private get time(): string | null {
    return this.content?.frames?.times[this.index] ?? null;
  }

  private openings() {
    const opened = (open: () => void) => {
      this.page.opened();
      open();
    };
    return {
      hotspot: (hotspot: Hotspot) => this.page.openHotspot(hotspot),
      reading: (reading: never) => opened(() => this.inspector.reading(reading)),
      spot: (spot: { spot_id?: string }) =>
        opened(() => this.guard(this.inspector.object("spot", spot.spot_id ?? "", { ...spot }, this.moment()))),
      access: this.page.access,
      site: ({ kind, id, name }: Site) =>
        opened(() => this.guard(this.inspector.object(kind, id, { name }, this.moment()))),
    };
  }

  private readSensors(): void {
    if (this.parts) this.live.readAt(this.time, this.parts.surface, () => this.offerLive());
  }

  private offerLive(): void {
    const { sensors, spots, sites } = this.live.counts;
    this.panel.offer("sensors", sensors > 0);
    this.panel.offer("spots", spots > 0);
    this.panel.offer("sites", sites > 0);
  }

  private guard(work: Promise<void>): void {
    work.catch((error) => this.fail(error));
  }

  private fail(error: unknown): void {
    if (this.stop.signal.aborted) return;
    console.error(error);
    note(`${word("sceneFailed")} ${error instanceof Error ? error.message : ""}`);
  }
}
