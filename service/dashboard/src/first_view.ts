/** The view of a whole city: as close as it fits between what lies over the map. */

import { type LngLat, type LngLatBounds, MercatorCoordinate } from "maplibre-gl";

/** Mark of a hotspot above and beside its place [px], with a little air. */
const MARK_HIGH = 36;
const MARK_HALF = 16;
const AIR = 10;
const TILE = 512;
/** MapLibre looks from 1.5 heights of the window away, by its field of view. */
const AWAY = 1.5;
const ROUNDS = 12;
/** On a window where next to nothing is left free. */
const LEAST = 80;

interface Room {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface WholeView {
  center: LngLat;
  zoom: number;
}

/** What is free of the map for a city and its marks [px], from its left upper corner. */
export function roomOn(container: HTMLElement): Room {
  const map = container.getBoundingClientRect();
  const side = container.parentElement?.querySelector(".corner-top")?.getBoundingClientRect();
  const legend = container.parentElement?.querySelector(".map-legend")?.getBoundingClientRect();
  const right = (side ? side.left - map.left : map.width) - MARK_HALF;
  const isOver = legend && legend.height > 0 && legend.top < map.bottom; // not where it stands below
  const bottom = (isOver ? legend.top - map.top : map.height) - AIR;
  return {
    left: MARK_HALF,
    right: Math.max(right, MARK_HALF + LEAST),
    top: MARK_HIGH,
    bottom: Math.max(bottom, MARK_HIGH + LEAST),
  };
}

/** Centre and zoom at which `bounds`, turned and tilted, just fill the `room` [angles in degrees]. */
export function wholeView(
  bounds: LngLatBounds,
  room: Room,
  size: { width: number; height: number },
  bearing: number,
  pitch: number,
): WholeView {
  const [turn, tilt] = [(-bearing * Math.PI) / 180, (pitch * Math.PI) / 180];
  const away = AWAY * size.height;
  const turned = [bounds.getNorthWest(), bounds.getNorthEast(), bounds.getSouthEast(), bounds.getSouthWest()].map(
    (corner) => rotated(MercatorCoordinate.fromLngLat(corner), turn),
  );
  const middle = rotated(MercatorCoordinate.fromLngLat(bounds.getCenter()), turn);
  const target = [(room.left + room.right - size.width) / 2, (room.top + room.bottom - size.height) / 2];
  const wide = Math.max(...turned.map(({ x }) => x)) - Math.min(...turned.map(({ x }) => x));
  let scale = (room.right - room.left) / wide;
  for (let round = 0; round < ROUNDS; round++) {
    const seen = turned.map(({ x, y }) => onScreen((x - middle.x) * scale, (y - middle.y) * scale));
    const [west, east] = [Math.min(...seen.map(([x]) => x)), Math.max(...seen.map(([x]) => x))];
    const [north, south] = [Math.min(...seen.map(([, y]) => y)), Math.max(...seen.map(([, y]) => y))];
    // What is seen between the wanted middle and the true one, back on the ground.
    const here = onGround((west + east) / 2, (north + south) / 2);
    const there = onGround(target[0], target[1]);
    middle.x += (here[0] - there[0]) / scale;
    middle.y += (here[1] - there[1]) / scale;
    scale *= Math.min((room.right - room.left) / (east - west), (room.bottom - room.top) / (south - north));
  }
  const { x, y } = rotated(middle, -turn);
  return { center: new MercatorCoordinate(x, y).toLngLat(), zoom: Math.log2(scale / TILE) };

  function onScreen(x: number, y: number): [number, number] {
    const depth = Math.max(away / 4, away - y * Math.sin(tilt));
    return [(x * away) / depth, (y * Math.cos(tilt) * away) / depth];
  }

  function onGround(x: number, y: number): [number, number] {
    const far = (y * away) / (away * Math.cos(tilt) + y * Math.sin(tilt));
    return [(x * (away - far * Math.sin(tilt))) / away, far];
  }
}

function rotated({ x, y }: { x: number; y: number }, angle: number): { x: number; y: number } {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { x: x * cos - y * sin, y: x * sin + y * cos };
}
