/** Shelters on the map, by colour, sign and word: open, flooded, cut off, or not known. */

import type { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl";
import type { Shelter } from "./access";
import { MAP } from "./colours";
import { shelterName, STATES, stateName } from "./shelters_panel";

export const SHELTERS = "shelters";
const SIDE = 52;
const SIGNS: Record<string, string> = { open: "✓", flooded: "✕", cut: "!", unknown: "?" };

export class ShelterMarks {
  private written = "";

  constructor(
    private readonly map: MapLibreMap,
    open: (id: string) => void,
  ) {
    for (const { key, colour } of Object.values(STATES)) {
      if (!map.hasImage(`shelter-${key}`)) {
        map.addImage(`shelter-${key}`, badge(SIGNS[key], colour), { pixelRatio: 2 });
      }
    }
    map.addSource(SHELTERS, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({
      id: SHELTERS,
      type: "symbol",
      source: SHELTERS,
      layout: {
        "icon-image": ["concat", "shelter-", ["get", "key"]],
        "icon-allow-overlap": true,
        "text-field": ["step", ["zoom"], ["get", "state"], 15, ["concat", ["get", "name"], "\n", ["get", "state"]]],
        "text-optional": true,
        "text-font": ["sans-serif"],
        "text-size": 12,
        "text-offset": [0, 1.3],
        "text-anchor": "top",
      },
      paint: { "text-color": ["get", "colour"], "text-halo-color": MAP.outside, "text-halo-width": 1.8 },
    });
    map.on("click", SHELTERS, (event) => {
      const id = event.features?.[0]?.properties.id;
      if (id !== undefined) open(String(id));
    });
    map.on("mouseenter", SHELTERS, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", SHELTERS, () => (map.getCanvas().style.cursor = ""));
  }

  show(shelters: Shelter[]): void {
    const features = shelters.flatMap((shelter) => {
      if (shelter.lon === null || shelter.lat === null) return [];
      const { key, colour } = STATES[shelter.state] ?? STATES["depth unknown"];
      const properties = { id: shelter.id, key, colour, name: shelterName(shelter), state: stateName(shelter) };
      const geometry = { type: "Point" as const, coordinates: [shelter.lon, shelter.lat] };
      return [{ type: "Feature" as const, properties, geometry }];
    });
    const text = JSON.stringify(features);
    if (text === this.written) return;
    this.written = text;
    this.map.getSource<GeoJSONSource>(SHELTERS)?.setData({ type: "FeatureCollection", features });
  }
}

/** A filled disc with a sign, so that colour is not all that tells; drawn at twice its size. */
function badge(sign: string, colour: string): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.fillStyle = colour;
  pen.strokeStyle = MAP.outside;
  pen.lineWidth = 4;
  pen.beginPath();
  pen.moveTo(SIDE / 2, 3);
  pen.lineTo(SIDE - 4, SIDE * 0.42);
  pen.lineTo(SIDE - 4, SIDE - 4);
  pen.lineTo(4, SIDE - 4);
  pen.lineTo(4, SIDE * 0.42);
  pen.closePath();
  pen.fill();
  pen.stroke();
  pen.fillStyle = MAP.outside;
  pen.font = "800 28px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(sign, SIDE / 2, SIDE * 0.62);
  return pen.getImageData(0, 0, SIDE, SIDE);
}
