/** Places that matter in a flood: hospitals, shelters, stations, pumps. */

import type { ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl";
import { ask, type CityDetail, cityPath } from "./api";
import { MAP } from "./colours";
import { SHELTERS } from "./shelter_marks";
import { language } from "./words";

/** Kind, letter and colour, the most important first; where two are too near, that one stays. */
const KINDS: [kind: string, letter: string, colour: string][] = [
  ["hospital", "H", "#ff8d84"],
  ["shelter", "S", "#8fe0a2"],
  ["fire_station", "F", "#ffb58a"],
  ["substation", "⚡", "#ffe08a"],
  ["pump_depot", "M", "#9fc2ff"],
  ["police", "P", "#9fc2ff"],
  ["school", "E", "#8fe0a2"],
];
const OTHER = "other";
const SIDE = 40;

/** Add the places of a city, where it has that layer. */
export async function addPlaces(map: MapLibreMap, city: CityDetail): Promise<void> {
  if (!city.layers.some((layer) => layer.name === "places")) return;
  const answer = await ask(`${cityPath(city.name)}/layers/places?v=${city.version}`);
  const data = await answer.json();
  if (!map.style) return; // closed meanwhile
  for (const [kind, letter, colour] of [...KINDS, [OTHER, "•", MAP.label] as const]) {
    map.addImage(`place-${kind}`, badge(letter, colour), { pixelRatio: 2 });
  }
  map.addSource("places", { type: "geojson", data });
  map.addLayer({
    id: "places",
    type: "symbol",
    source: "places",
    minzoom: 13,
    layout: {
      "icon-image": byKind((kind) => `place-${kind}`, `place-${OTHER}`),
      "symbol-sort-key": byKind((kind) => KINDS.findIndex((row) => row[0] === kind), KINDS.length),
      "text-field": ["step", ["zoom"], "", 15.5, placeName()],
      "text-optional": true,
      "text-font": ["sans-serif"],
      "text-size": 11,
      "text-offset": [0, 1.1],
      "text-anchor": "top",
    },
    paint: { "text-color": MAP.place, "text-halo-color": MAP.outside, "text-halo-width": 1.4 },
  });
}

/** Shelters whose state is told have signs of their own, which lie above all others. */
export function leaveOutShelters(map: MapLibreMap, isLeftOut: boolean): void {
  if (!map.getLayer("places")) return;
  map.setFilter("places", isLeftOut ? ["!=", ["get", "kind"], "shelter"] : null);
  if (map.getLayer(SHELTERS)) map.moveLayer(SHELTERS);
}

/** Name of a place in the language of the page, as far as the city has it. */
export function placeName(): ExpressionSpecification {
  const names = language() === "en" ? ["name", "name_zh"] : ["name_zh", "name"];
  return ["coalesce", ["get", names[0]], ["get", names[1]], ""];
}

function byKind<T extends string | number>(of: (kind: string) => T, otherwise: T): never {
  return ["match", ["get", "kind"], ...KINDS.flatMap(([kind]) => [kind, of(kind)]), otherwise] as never;
}

/** A letter in a ring, drawn at twice its size. */
function badge(letter: string, colour: string): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  pen.fillStyle = MAP.outside;
  pen.strokeStyle = colour;
  pen.lineWidth = 3;
  pen.beginPath();
  pen.arc(SIDE / 2, SIDE / 2, SIDE / 2 - 3, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
  pen.fillStyle = colour;
  pen.font = "600 20px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(letter, SIDE / 2, SIDE / 2 + 1);
  return pen.getImageData(0, 0, SIDE, SIDE);
}
