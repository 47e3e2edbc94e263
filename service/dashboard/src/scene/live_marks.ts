/** Marks of hotspots, of sensors with what they read, and of known flood-prone spots. */

import type { Hotspot } from "../api";
import { make } from "../dom";
import { placeOf } from "../hotspots";
import { clock } from "../times";
import { language, word } from "../words";
import type { Collection, Placed, Reading } from "./answers";
import type { Mark } from "./marks";
import { quantityName, quantityText } from "./quantities";
import type { Surface } from "./surface";

const HOTSPOT_LIFT = 6;
const SENSOR_WEIGHT = 50;
const SPOT_WEIGHT = 10;

export interface Spot {
  name?: string | null;
  name_zh?: string | null;
  place?: string | null;
  place_zh?: string | null;
  spot_id?: string;
}

export function hotspotMarks(
  hotspots: Hotspot[],
  surface: Surface,
  open: (hotspot: Hotspot) => void,
): Mark[] {
  return hotspots.map((hotspot) => {
    const element = make("button", "mark scene-mark", String(hotspot.rank));
    element.type = "button";
    element.dataset.rank = String(hotspot.rank);
    element.setAttribute("aria-label", `${hotspot.rank}. ${placeOf(hotspot)}`);
    element.style.zIndex = String(Math.max(1, 100 - hotspot.rank));
    element.addEventListener("click", () => open(hotspot));
    const place = surface.onGround(hotspot.lon, hotspot.lat, HOTSPOT_LIFT);
    return { element, place, weight: 1000 - hotspot.rank };
  });
}

/** What each sensor reads; one that is silent for long is grey, with its age. */
export function sensorMarks(
  readings: Placed<Reading>[],
  surface: Surface,
  open: (reading: Reading) => void,
): Mark[] {
  return readings.map(({ geometry, properties: reading }) => {
    const name = reading.name ?? reading.station_id ?? "";
    const value = quantityText(reading.property, reading.value, reading.unit);
    const element = make("button", `sensor ${reading.stale ? "stale" : ""}`, value);
    element.dataset.property = reading.property;
    element.type = "button";
    const age = reading.stale ? `, ${word("stale")}` : "";
    const time = reading.time ? `, ${clock(reading.time)}` : "";
    element.setAttribute("aria-label", `${name}: ${quantityName(reading.property)} ${value}${time}${age}`);
    element.title = element.getAttribute("aria-label") ?? "";
    element.addEventListener("click", () => open(reading));
    const [lon, lat] = geometry.coordinates;
    return { element, place: surface.onGround(lon, lat, 2), weight: SENSOR_WEIGHT + (reading.value ?? 0) };
  });
}

export function spotMarks(spots: Collection<Spot>, surface: Surface, open: (spot: Spot) => void): Mark[] {
  return spots.features.map(({ geometry, properties: spot }) => {
    const element = make("button", "spot");
    element.type = "button";
    const named = language() === "en" ? [spot.name, spot.place] : [spot.name_zh, spot.place_zh, spot.name, spot.place];
    element.setAttribute("aria-label", `${word("known")}: ${named.find(Boolean) ?? ""}`);
    element.title = element.getAttribute("aria-label") ?? "";
    element.addEventListener("click", () => open(spot));
    const [lon, lat] = geometry.coordinates;
    return { element, place: surface.onGround(lon, lat, 1), weight: SPOT_WEIGHT };
  });
}
