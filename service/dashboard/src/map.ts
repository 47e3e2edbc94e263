/** The map: base layers, the water on it, buildings, places and marks of hotspots. */

import {
  type ImageSource,
  LngLatBounds,
  Map as MapLibreMap,
  Marker,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { type CityDetail, type FrameList, type Hotspot, type RasterField, runPath } from "./api";
import { BuildingColours } from "./buildings";
import type { Step } from "./frames";
import { addPlaces } from "./places";
import { baseStyle, buildingLayer, labelLayers, WATER_LAYER, WATER_SOURCE } from "./style";
import { language } from "./words";

setWorkerUrl(workerUrl);

const FIELD = "field";
const TILTED = 50;
const BEARING = -14;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

export class CityMap {
  readonly map: MapLibreMap;
  private readonly buildings: BuildingColours | null;
  private readonly bounds: LngLatBounds;
  private marks: Marker[] = [];
  private shown: Step | null = null;
  private field: string | null = null;

  constructor(
    container: HTMLElement,
    readonly city: CityDetail,
    private readonly run: string | null,
    frames: FrameList | null,
  ) {
    const [west, south, east, north] = city.bounds;
    this.bounds = new LngLatBounds([west, south], [east, north]);
    const style = baseStyle(city, frames?.corners ?? null);
    if (city.tile_layers.includes("buildings")) style.layers.push(buildingLayer(frames?.steps ?? []));
    style.layers.push(...labelLayers(language()));
    this.map = new MapLibreMap({
      container,
      style,
      bounds: this.bounds,
      fitBoundsOptions: this.fit(),
      maxPitch: 70,
      maxBounds: grown(city.bounds),
      attributionControl: false,
      fadeDuration: 0,
      pixelRatio: Math.min(devicePixelRatio, 2),
      canvasContextAttributes: { antialias: false },
      dragRotate: true,
    });
    this.map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-right");
    this.map.getCanvas().setAttribute("tabindex", "0");
    const colour = frames !== null && city.tile_layers.includes("buildings");
    this.buildings = colour ? new BuildingColours(this.map, frames.steps) : null;
    void this.loaded().then(() => addPlaces(this.map, city));
  }

  /** When the style is there, so that sources and states can be set. */
  styled(): Promise<void> {
    return this.map.isStyleLoaded() || this.map.style?._loaded
      ? Promise.resolve()
      : new Promise((done) => this.map.once("style.load", () => done()));
  }

  /** When everything in view is drawn for the first time. */
  loaded(): Promise<void> {
    return this.map.loaded()
      ? Promise.resolve()
      : new Promise((done) => this.map.once("load", () => done()));
  }

  /** Put one time step on the map; the one before stays until this is drawn. */
  show(step: Step): void {
    this.shown = step;
    const source = this.map.getSource(WATER_SOURCE) as ImageSource | undefined;
    source?.updateImage({ image: step.picture });
    if (this.field === null) this.buildings?.show(step.depths);
    this.map.triggerRepaint();
  }

  /** Show a field of the whole run instead of the water over time (null: the latter). */
  showField(field: RasterField | null): void {
    if (this.map.getLayer(FIELD)) this.map.removeLayer(FIELD);
    if (this.map.getSource(FIELD)) this.map.removeSource(FIELD);
    this.field = field?.field ?? null;
    if (this.map.getLayer(WATER_LAYER)) {
      this.map.setLayoutProperty(WATER_LAYER, "visibility", field ? "none" : "visible");
    }
    if (field === null) {
      if (this.shown) this.show(this.shown);
      return;
    }
    this.buildings?.clear();
    const address = `${location.origin}${runPath(this.city.name, this.run ?? "latest")}`;
    this.map.addSource(FIELD, {
      type: "raster",
      tiles: [`${address}/tiles/${field.field}/{z}/{x}/{y}.png`],
      tileSize: 256,
      maxzoom: 19,
      bounds: this.city.bounds,
    });
    const above = this.map.getLayer(WATER_LAYER) ? WATER_LAYER : undefined;
    this.map.addLayer(
      { id: FIELD, type: "raster", source: FIELD, paint: { "raster-fade-duration": 0 } },
      above,
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
      element.setAttribute("aria-label", `${hotspot.rank}. ${hotspot.place ?? ""}`);
      return mark;
    });
  }

  choose(rank: number | null): void {
    for (const mark of this.marks) {
      const element = mark.getElement();
      element.classList.toggle("chosen", element.dataset.rank === String(rank));
    }
  }

  fly(hotspot: Hotspot): void {
    const target = {
      center: [hotspot.lon, hotspot.lat] as [number, number],
      zoom: Math.max(this.map.getZoom(), 16.2),
    };
    if (CALM.matches) this.map.jumpTo(target);
    else this.map.flyTo({ ...target, duration: 900 });
  }

  home(): void {
    this.map.fitBounds(this.bounds, { ...this.fit(), animate: !CALM.matches, duration: 700 });
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

  private fit() {
    return { padding: 24, pitch: TILTED, bearing: BEARING };
  }
}

function grown([west, south, east, north]: CityDetail["bounds"]): [number, number, number, number] {
  const [wide, high] = [(east - west) * 1.2, (north - south) * 1.2];
  return [west - wide, south - high, east + wide, north + high];
}
