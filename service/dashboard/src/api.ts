/** What the service answers, and one way to ask it. */

import type { Conditions } from "./conditions";

export interface Health {
  exercise: boolean;
  clock: string | null;
}

export interface CitySummary {
  name: string;
  title: string;
  version: string;
  bounds: [number, number, number, number];
  latest_run: string | null;
  tile_zooms: [number, number];
}

export interface CityDetail extends CitySummary {
  crs: string;
  layers: { name: string; count: number; source: string; licence: string; date: string }[];
  tile_layers: string[];
}

export interface LegendStep {
  lower: number;
  upper: number | null;
  colour: string;
}

export interface RasterField {
  field: string;
  title: string;
  units: string;
  threshold: number | null;
  steps: LegendStep[];
}

export interface Alerts {
  may_draft: boolean;
  reason: string | null;
}

export interface RunSummary {
  run_id: string;
  kind: string;
  created: string;
  issue_time: string | null;
  valid_from: string | null;
  valid_to: string | null;
  twin_level: string;
  exercise: boolean;
  /** What the set clock of the service read; null: it is not set. */
  clock: string | null;
  age_seconds: number;
  freshness: "fresh" | "stale" | "ahead" | "scenario";
  /** Its age, or that later cycles had no input; null: it is not stale. */
  stale_reason: string | null;
}

export interface RunDetail extends RunSummary {
  model_version: string;
  members_requested: number | null;
  members_used: number | null;
  inputs_degraded: unknown[];
  /** What came too late for this forecast. */
  late_data: { late: number; corrected: number } | null;
  /** [reporting, all] of each kind in the hour before it was issued. */
  sensors_heard?: Record<string, [number, number]>;
  /** Whether an alert may be drafted from it now, and why not. */
  alerts?: Alerts | null;
  inputs: { name: string; newest_time: string | null }[];
  /** Of one storm; older runs and forecasts do not say it. */
  conditions?: Conditions | null;
  products: Record<string, string>;
  fields: RasterField[];
}

export interface FrameList {
  times: string[];
  corners: [number, number][];
  size: [number, number];
  steps: LegendStep[];
}

export interface Hotspot {
  rank: number;
  lon: number;
  lat: number;
  place: string | null;
  place_zh: string | null;
  district: string | null;
  district_zh: string | null;
  depth_p10_m: number | null;
  depth_p50_m: number | null;
  depth_p90_m: number | null;
  probability: number | null;
  first_time: string | null;
  people: number | null;
  cause: string | null;
  kind?: string | null;
  effective_lead_minutes: number | null;
}

/** How bad it gets in one district: 0 normal, 1 local, 2 serious, 3 severe. */
export interface District {
  district: string;
  district_zh: string | null;
  severity: number;
  hotspots: number;
  people: number | null;
  deepest_p50_m: number | null;
  flooded_area_p50_m2: number | null;
  flooded_area_p90_m2: number | null;
  first_time: string | null;
}

export interface BuildingTimes {
  count: number;
  times: string[];
  flood_depth: number;
  flooded: number[];
}

/** Rain over the city in ten minutes: a mean so far, quantiles of the members ahead. */
export interface RainInterval {
  time: string;
  until: string;
  kind: "measured" | "estimated" | "expected";
  source: string;
  mean_mm_h: number | null;
  mean_p10_mm_h: number | null;
  mean_p50_mm_h: number | null;
  mean_p90_mm_h: number | null;
  max_mm_h: number;
}

/** What gauges measured in ten minutes after a forecast was issued, beside what it expected. */
export interface MeasuredSince {
  time: string;
  until: string;
  mean_mm_h: number;
  expected_p10_mm_h: number | null;
  expected_p90_mm_h: number | null;
  gauges_heard: number;
  gauges: number;
  /** Null: too few gauges were heard. */
  verdict: "beaten" | "spared" | "within" | null;
}

export interface RainSince {
  intervals: MeasuredSince[];
  verdict: MeasuredSince["verdict"];
  /** The interval that the verdict rests on. */
  speaks: MeasuredSince | null;
}

/** Why a request failed, in the words of the service; `status` 0: the service did not answer. */
export class ServiceError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** After how long to ask again, where the service says so. */
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

export async function ask(path: string, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ServiceError(0, String(error));
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  const wished = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const retry = Number.isNaN(wished) ? null : wished;
  throw new ServiceError(response.status, body.error ?? response.statusText, retry);
}

export async function askJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await ask(path, signal)).json() as Promise<T>;
}

/** The answer, or null where the run was made without that product. */
export async function askOptional<T>(path: string, signal?: AbortSignal): Promise<T | null> {
  try {
    return await askJson<T>(path, signal);
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return null;
    throw error;
  }
}

export const cityPath = (city: string) => `/api/cities/${encodeURIComponent(city)}`;
export const runPath = (city: string, run: string) =>
  `${cityPath(city)}/runs/${encodeURIComponent(run)}`;
