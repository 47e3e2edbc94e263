/** What the service answers about a city in three dimensions, and patience while it is being made. */

import { ask, askJson, ServiceError } from "../api";

/** The frame of the scene, its ground, and where its tiles are. */
export interface SceneInfo {
  version: string;
  tileset: string;
  /** From east, north, up [m] to Earth-centred metres, column after column. */
  transform: number[];
  origin: { lon: number; lat: number };
  surface: SurfaceInfo;
}

export interface SurfaceInfo {
  rows: number;
  columns: number;
  offset: number;
  scale: number;
  nodata: number;
  url: string;
  control_rows: number;
  control_columns: number;
  /** East, north, up [m] of ground at height 0, from the centre of the first cell to the last. */
  control: number[];
}

/** Depth of the water on the grid of the ground, step by step. */
export interface WaterInfo {
  times: string[];
  rows: number;
  columns: number;
  url: string;
}

export interface ObjectValue {
  quantity: string;
  unit: string;
  kind: "observed" | "simulated" | "forecast";
  value: number | string | boolean | null;
  p10?: number | null;
  p90?: number | null;
  time?: string | null;
  source?: string | null;
  run?: string | null;
  confidence?: number | null;
  confidence_by?: string;
  twin_level?: string | null;
  stale?: boolean | null;
  /** From the sensor to the object [m]. */
  distance?: number | null;
  meaning?: string | null;
  /** Why there is no value. */
  reason?: string | null;
}

export interface ObjectHistory {
  quantity: string;
  kind: string;
  unit?: string;
  times: string[];
  values: (number | null)[];
  source?: string | null;
}

/** Everything that is known about one thing of the city. */
export interface ObjectRecord {
  id: string;
  class: string;
  name?: string | null;
  name_zh?: string | null;
  attributes: Record<string, unknown>;
  values: ObjectValue[];
  history?: ObjectHistory[];
  access?: Access | null;
}

/** Whether vehicles can get there. */
export interface Access {
  cut?: boolean | null;
  vehicles?: Record<string, { open: boolean; cut_from?: string | null; open_again?: string | null }>;
}

export interface Reading {
  station_id?: string;
  name?: string | null;
  property: string;
  unit: string;
  value: number | null;
  /** QARTOD: 1 pass, 2 not judged, 3 suspect, 4 fail, 9 missing. */
  flag?: number | null;
  time?: string | null;
  age_minutes?: number | null;
  stale: boolean;
  /** The most severe first. */
  alert_levels?: number[];
  /** Which of them is reached, 1 the most severe; 0 for none. */
  alert_level?: number;
}

export interface Placed<P> {
  geometry: { type: string; coordinates: [number, number] };
  properties: P;
}

export interface Collection<P> {
  features: Placed<P>[];
}

export interface Difference {
  base: number | null;
  scenario: number | null;
  difference: number | null;
}

export interface ScenarioSummary {
  name: string;
  title: string;
  base_run: string;
  run: string;
  edits: { number: number; kind: string; name: string; text: string }[];
}

/** Two runs side by side, in numbers. */
export interface Comparison {
  districts: Record<string, unknown>[];
  buildings: { flooded?: Difference; relieved?: number; newly_flooded?: number } | null;
  people: Record<string, Difference> | null;
  /** In money, or in floor space that is wholly lost. */
  damage: (Difference & { unit: string }) | null;
}

const SHORTEST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 30;

/**
 * The answer, however long the service says that it is still being made.
 * `waiting` is told after how many seconds it is asked again.
 */
export async function askPatiently(
  path: string,
  signal: AbortSignal,
  waiting: (seconds: number) => void,
): Promise<Response> {
  for (;;) {
    try {
      return await ask(path, signal);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.status !== 503) throw error;
      const wished = error.retryAfterSeconds ?? 5;
      const seconds = Math.min(Math.max(wished, SHORTEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS);
      waiting(seconds);
      await pause(seconds * 1000, signal);
    }
  }
}

/** The answer, or null where the service cannot give it: then the scene goes without. */
export async function askIfThere<T>(path: string, signal?: AbortSignal): Promise<T | null> {
  try {
    return await askJson<T>(path, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    if (error instanceof ServiceError && error.status > 0) return null;
    throw error;
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, refuse) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      refuse(signal.reason);
    });
  });
}
