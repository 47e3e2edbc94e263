/** Which roads are closed and which shelters are open, at the time of the slider. */

import { ask, askJson, cityPath, runPath, ServiceError } from "./api";
import { type StepSource, StepStore } from "./frames";

export const VEHICLES = ["car", "ambulance", "fire_engine"] as const;
export type Vehicle = (typeof VEHICLES)[number];

/** Answers are small; so many steps of any run are kept. */
const BYTES_OF_ANSWER = 200_000;
/** A plan costs the service a search over all roads; so only those wanted soon are asked for. */
const BYTES_OF_PLAN = 10_000_000;
const PAGE_OF_NAMES = 2000;
/** An answer that takes longer is told to be of before. */
const LATE_MS = 200;

export interface ClosedRoad {
  /** Row of the layer `roads`, which is the id of the line in the tiles. */
  row: number;
  depth_mm: number | null;
  id: string;
  name: string | null;
  name_zh: string | null;
  lon: number;
  lat: number;
}

/** The roads of one step, for one vehicle. */
export interface RoadState {
  time: string;
  vehicle: Vehicle;
  /** Depth from which this vehicle stops [m]. */
  limit: number;
  count: number;
  unknown: number;
  closed: ClosedRoad[];
}

export type ShelterWord = "open" | "flooded" | "cut off" | "capacity unknown" | "depth unknown";

export interface Shelter {
  id: string;
  name: string;
  name_zh: string | null;
  lon: number | null;
  lat: number | null;
  capacity: number | null;
  state: ShelterWord;
  /** Largest from this step on [m]; null: not known. */
  depth: number | null;
  assigned: number;
  open_steps: boolean[];
}

/** The shelters of one step, and who goes there. */
export interface ShelterPlan {
  times: string[];
  step: number;
  time: string;
  evacuees: number;
  assigned: number;
  left: number;
  left_because: Record<string, number>;
  shelters: Shelter[];
}

interface RoadAnswer {
  times: string[];
  step: number;
  vehicle: Vehicle;
  limit: number;
  count: number;
  passable: (0 | 1 | null)[];
  depth_mm: (number | null)[];
}

type Name = Omit<ClosedRoad, "row" | "depth_mm">;

/** What is known; a string says why it is not known, null: not answered yet. */
export interface Access {
  /** The time of the slider; answers of another time are of before, and say their own. */
  time: string;
  roads: RoadState | string | null;
  shelters: ShelterPlan | string | null;
}

/** Names and places of roads, a page of rows at a time, only of those that are asked for. */
class RoadNames {
  private readonly pages = new Map<number, Promise<Name[]>>();
  constructor(private readonly city: string) {}

  async of(row: number): Promise<Name> {
    const number = Math.floor(row / PAGE_OF_NAMES);
    let page = this.pages.get(number);
    if (page === undefined) {
      page = this.ask(number * PAGE_OF_NAMES);
      page.catch(() => this.pages.delete(number));
      this.pages.set(number, page);
    }
    const names = await page;
    return names[row % PAGE_OF_NAMES] ?? { id: String(row), name: null, name_zh: null, lon: 0, lat: 0 };
  }

  private async ask(offset: number): Promise<Name[]> {
    const path = `${cityPath(this.city)}/objects?class=road&offset=${offset}&limit=${PAGE_OF_NAMES}`;
    return (await askJson<{ objects: Name[] }>(path)).objects;
  }
}

/** Follows the slider: asks for each step once and tells what it is when it has come. */
export class AccessFollower {
  private roads: StepStore<RoadState> | null = null;
  private shelters: StepStore<ShelterPlan> | null = null;
  private names: RoadNames | null = null;
  private city = "";
  private run = "";
  private times: string[] = [];
  private index = 0;
  private turn = 0;
  private isEager = false;
  private vehicle: Vehicle = "car";
  private known: Access = { time: "", roads: null, shelters: null };

  /** `tell` is called whenever more is known, and when an answer is late. */
  constructor(private readonly tell: (known: Access) => void) {}

  /** Take a run with these times; none where it keeps no course. */
  open(city: string, run: string, times: string[], index: number): void {
    if (city !== this.city) this.names = new RoadNames(city);
    this.close();
    Object.assign(this, { city, run, times, index, isEager: false });
    this.known = { time: times[index] ?? "", roads: null, shelters: null };
    if (times.length > 0) {
      this.roads = new StepStore(this.roadSteps());
      this.shelters = new StepStore(this.shelterSteps());
    }
    this.tell(this.known);
  }

  /** The picture is on the screen: now ask for this step, then for those after it. */
  hurry(): void {
    this.isEager = true;
    this.roads?.hurry();
    this.shelters?.hurry();
    this.show(this.index);
  }

  show(index: number): void {
    this.index = index;
    if (!this.isEager || this.times.length === 0) return;
    const turn = ++this.turn;
    this.known = { ...this.known, time: this.times[index] };
    void this.take("roads", this.roads?.get(index), turn);
    void this.take("shelters", this.shelters?.get(index), turn);
    setTimeout(() => turn === this.turn && this.tell(this.known), LATE_MS);
  }

  choose(vehicle: Vehicle): void {
    this.vehicle = vehicle;
    this.roads?.close();
    this.roads = this.times.length > 0 ? new StepStore(this.roadSteps()) : null;
    if (this.isEager) this.roads?.hurry();
    this.show(this.index);
  }

  close(): void {
    this.turn += 1;
    this.roads?.close();
    this.shelters?.close();
    this.roads = this.shelters = null;
  }

  private async take<K extends "roads" | "shelters">(
    what: K,
    answer: Promise<NonNullable<Access[K]>> | undefined,
    turn: number,
  ): Promise<void> {
    let come: Access[K] = null;
    try {
      come = (await answer) ?? null;
    } catch (error) {
      if (turn !== this.turn) return;
      if (!(error instanceof ServiceError)) throw error;
      come = error.message as Access[K];
    }
    if (turn !== this.turn) return;
    this.known = { ...this.known, [what]: come };
    this.tell(this.known);
  }

  private roadSteps(): StepSource<RoadState> {
    const [city, run, vehicle, names] = [this.city, this.run, this.vehicle, this.names as RoadNames];
    return {
      count: this.times.length,
      bytes: BYTES_OF_ANSWER,
      async load(index, signal) {
        const path = `${runPath(city, run)}/roads?vehicle=${vehicle}&step=${index}`;
        const answer: RoadAnswer = await (await ask(path, signal)).json();
        const rows = [...answer.passable.keys()].filter((row) => answer.passable[row] === 0);
        const closed = rows.map(async (row) => ({
          ...(await names.of(row)),
          row,
          depth_mm: answer.depth_mm[row],
        }));
        const { limit, count, times } = answer;
        const unknown = answer.passable.filter((each) => each === null).length;
        return { time: times[index], vehicle, limit, count, unknown, closed: await Promise.all(closed) };
      },
      drop() {},
    };
  }

  private shelterSteps(): StepSource<ShelterPlan> {
    const path = `${cityPath(this.city)}/shelters?run=${encodeURIComponent(this.run)}`;
    return {
      count: this.times.length,
      bytes: BYTES_OF_PLAN,
      load: async (index, signal) => (await ask(`${path}&step=${index}`, signal)).json(),
      drop() {},
    };
  }
}
