/** The map: base layers, the water on it, buildings, places and marks of hotspots. */

import {
  type CameraOptions,
  LngLatBounds,
  Map as MapLibreMap,
  Marker,
  prewarm,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Access } from "./access";
import { type CityDetail, type CitySummary, type FrameList, type Hotspot, type RasterField, runPath } from "./api";
import { BuildingColours } from "./buildings";
import { roomOn, wholeView } from "./first_view";
import type { Step } from "./frames";
import { placeOf } from "./hotspots";
import { addPlaces, leaveOutShelters } from "./places";
import { RoadLines } from "./road_lines";
import { ShelterMarks } from "./shelter_marks";
import {
  baseStyle,
  BUILDING_LAYER,
  buildingColour,
  labelLayers,
  RIVERS,
} from "./style";
import type { Place } from "./view";
import { WaterLayer } from "./water";
import { language } from "./words";

setWorkerUrl(workerUrl);

const FIELD = "field";
const TILTED = 45;
const CLOSE_ZOOM = 16.2;
const BEARING = -14;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

/** What opens when a closed road (by row) or a shelter (by id) is clicked. */
export interface AccessDoors {
  openRow(row: number): void;
  openId(id: string): void;
}

prewarm(); // the worker starts while the first answers are on their way

export class CityMap {
  readonly map: MapLibreMap;
  private readonly bounds: LngLatBounds;
  private readonly styled: Promise<void>;
  private readonly loading: Promise<void>;
  private buildings: BuildingColours | null = null;
  private water: WaterLayer | null = null;
  private marks: Marker[] = [];
  private run = "";
  private shown: Step | null = null;
  private field: string | null = null;
  private placing: Promise<void> | null = null;
  private roads: RoadLines | null = null;
  private shelters: ShelterMarks | null = null;
  private hasShelters = false;
  private isPlaced = false;

  constructor(
    container: HTMLElement,
    readonly city: CitySummary,
    private readonly doors: AccessDoors,
  ) {
    const [west, south, east, north] = city.bounds;
    this.bounds = new LngLatBounds([west, south], [east, north]);
    this.map = new MapLibreMap({
      container,
      style: baseStyle(city, language()),
      bounds: this.bounds,
      maxPitch: 70,
      maxBounds: grown(city.bounds),
      attributionControl: false,
      fadeDuration: 0,
      pixelRatio: Math.min(devicePixelRatio, 2),
      canvasContextAttributes: { antialias: false },
    });
    this.map.jumpTo(this.whole());
    this.map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-right");
    this.styled = new Promise((done) => this.map.once("style.load", () => done()));
    this.loading = new Promise((done) => this.map.once("load", () => done()));
  }

  /** When everything in view was drawn for the first time. */
  loaded(): Promise<void> {
    return this.loading;
  }

  /** Add the places that matter, once the rest is drawn. */
  async places(city: CityDetail): Promise<void> {
    await this.loading;
    this.placing ??= addPlaces(this.map, city);
    await this.placing;
    leaveOutShelters(this.map, this.hasShelters);
  }

  /** Take another run of the same city; the view stays where it is. */
  async open(run: string, frames: FrameList | null): Promise<void> {
    this.place();
    await this.styled;
    this.showField(null);
    this.buildings?.clear();
    this.buildings = null;
    this.shown = null;
    this.run = run;
    if (this.water) this.map.removeLayer(this.water.id);
    this.water = null;
    if (frames === null) return;
    this.water = new WaterLayer(frames.corners);
    this.map.addLayer(this.water, RIVERS);
    this.map.setPaintProperty(
      BUILDING_LAYER,
      "fill-extrusion-color",
      buildingColour(frames.steps) as never,
    );
    this.buildings = new BuildingColours(this.map, frames.steps);
  }

  /** Only now the legend has its words, and with them its height. */
  private place(): void {
    if (!this.isPlaced) this.map.jumpTo(this.whole());
    this.isPlaced = true;
  }

  /** A step has come and will soon be wanted. */
  prepare(step: Step): void {
    this.water?.prepare(step);
  }

  /** A step will not be wanted soon. */
  forget(step: Step): void {
    this.water?.forget(step);
  }

  /** Put one time step on the map; the one before stays until this is drawn. */
  show(step: Step): void {
    this.shown = step;
    this.water?.show(step);
    if (this.field === null) this.buildings?.show(step.depths);
    this.map.triggerRepaint();
  }

  /** Show a field of the whole run instead of the water over time (null: the latter). */
  showField(field: RasterField | null): void {
    if (this.map.getLayer(FIELD)) this.map.removeLayer(FIELD);
    if (this.map.getSource(FIELD)) this.map.removeSource(FIELD);
    this.field = field?.field ?? null;
    if (this.water) this.water.hidden = field !== null;
    if (field === null) {
      if (this.shown) this.show(this.shown);
      return;
    }
    this.buildings?.clear();
    const address = `${location.origin}${runPath(this.city.name, this.run)}`;
    this.map.addSource(FIELD, {
      type: "raster",
      tiles: [`${address}/tiles/${field.field}/{z}/{x}/{y}.png`],
      tileSize: 256,
      maxzoom: 19,
      bounds: this.city.bounds,
    });
    this.map.addLayer(
      { id: FIELD, type: "raster", source: FIELD, paint: { "raster-fade-duration": 0 } },
      RIVERS,
    );
  }

  /** Numbered marks that open a hotspot. */
  mark(hotspots: Hotspot[], open: (hotspot: Hotspot) => void): void {
    for (const mark of this.marks) mark.remove();
    this.marks = hotspots.map((hotspot) => {
      const element = document.createElement("button");
      element.type = "button";
      element.className = "mark";
      element.dataset.rank = String(hotspot.rank);
      element.textContent = String(hotspot.rank);
      element.addEventListener("click", (event) => {
        event.stopPropagation();
        open(hotspot);
      });
      const mark = new Marker({ element, anchor: "bottom" });
      mark.setLngLat([hotspot.lon, hotspot.lat]).addTo(this.map);
      // MapLibre labels every mark alike; this one says which place it is.
      element.setAttribute("aria-label", `${hotspot.rank}. ${placeOf(hotspot)}`);
      element.style.zIndex = String(Math.max(1, 100 - hotspot.rank)); // the worst on top
      return mark;
    });
  }

  /** Draw closed roads and shelters; what is not known is not drawn as if it were. */
  async showAccess({ roads, shelters }: Access): Promise<void> {
    await this.styled;
    if (!this.map.style) return; // closed meanwhile
    const closed = roads === null || typeof roads === "string" ? [] : roads.closed;
    const told = shelters === null || typeof shelters === "string" ? [] : shelters.shelters;
    if (closed.length > 0) this.roads ??= new RoadLines(this.map, "road-names", this.doors.openRow);
    if (told.length > 0) this.shelters ??= new ShelterMarks(this.map, this.doors.openId);
    this.roads?.show(closed);
    this.shelters?.show(told);
    if (this.hasShelters === told.length > 0) return;
    this.hasShelters = told.length > 0;
    leaveOutShelters(this.map, this.hasShelters);
  }

  choose(rank: number | null): void {
    for (const mark of this.marks) {
      const element = mark.getElement();
      element.classList.toggle("chosen", element.dataset.rank === String(rank));
    }
  }

  /** Go to a place; `covered` pixels at the top of the map are hidden by the card. */
  fly(place: Place, covered: number): void {
    this.map.resize(); // an open card leaves out the legend, which leaves more room to the map
    const target = {
      center: [place.lon, place.lat] as [number, number],
      zoom: Math.max(this.map.getZoom(), CLOSE_ZOOM),
      offset: [0, covered / 2] as [number, number],
    };
    if (CALM.matches) this.map.easeTo({ ...target, duration: 0 });
    else this.map.flyTo({ ...target, duration: 900 });
  }

  home(): void {
    this.map.easeTo({ ...this.whole(), duration: CALM.matches ? 0 : 700 });
  }

  /** Switch between the tilted and the flat view; returns whether it is tilted now. */
  tilt(): boolean {
    const tilted = this.map.getPitch() < 10;
    const view = tilted ? { pitch: TILTED, bearing: BEARING } : { pitch: 0, bearing: 0 };
    this.map.easeTo({ ...view, duration: CALM.matches ? 0 : 500 });
    return tilted;
  }

  translate(): void {
    for (const layer of labelLayers(language())) {
      if (this.map.getLayer(layer.id) && layer.type === "symbol") {
        this.map.setLayoutProperty(layer.id, "text-field", layer.layout?.["text-field"]);
      }
    }
  }

  close(): void {
    this.map.remove();
  }

  /** The view of the whole city, clear of what lies over the map. */
  private whole(): CameraOptions {
    const element = this.map.getContainer();
    const size = { width: element.clientWidth, height: element.clientHeight };
    const view = wholeView(this.bounds, roomOn(element), size, BEARING, TILTED);
    return { ...view, pitch: TILTED, bearing: BEARING };
  }
}

function grown([west, south, east, north]: CitySummary["bounds"]): [number, number, number, number] {
  const [wide, high] = [(east - west) * 1.2, (north - south) * 1.2];
  return [west - wide, south - high, east + wide, north + high];
}
