/** The slider of valid times with its play button and speed, keys, and the count of buildings in water. */

import type { BuildingTimes, FrameList } from "./api";
import { find } from "./dom";
import { present } from "./exercise";
import { clock, day, utcClock, zone } from "./times";
import { type Word, word } from "./words";

const PLAY = "M7 4v16l13-8z";
const PAUSE = "M6 4h4.500v16H6zM13.500 4H18v16h-4.500z";
const PACE_MS = 450;

export class Timeline {
  private readonly slider = find<HTMLInputElement>("slider");
  private readonly button = find<HTMLButtonElement>("play");
  private readonly pace = find<HTMLSelectElement>("pace");
  private times: string[] = [];
  private buildings: BuildingTimes | null = null;
  private playing = false;
  private turn = 0;

  /** `show` draws a step and resolves when it is on the screen. */
  constructor(private readonly show: (index: number) => Promise<void>) {
    this.slider.addEventListener("input", () => {
      this.pause();
      this.step(this.slider.valueAsNumber);
    });
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  get index(): number {
    return this.slider.valueAsNumber;
  }

  open(frames: FrameList | null, buildings: BuildingTimes | null, index: number): void {
    this.pause();
    this.times = frames?.times ?? [];
    this.buildings = buildings;
    const last = Math.max(0, this.times.length - 1);
    this.slider.max = String(last);
    this.slider.value = String(Math.min(Math.max(index, 0), last));
    this.slider.disabled = this.times.length < 2;
    this.button.disabled = this.slider.disabled;
    this.translate();
  }

  translate(): void {
    this.label();
    this.spark();
    this.markNow();
    const first = this.times[0];
    const last = this.times[this.times.length - 1];
    find("from").textContent = first ? `${day(first)} ${clock(first)}` : "";
    find("to").textContent = last ? `${day(last)} ${clock(last)}` : "";
    this.button.setAttribute("aria-label", word(this.playing ? "pause" : "play"));
  }

  /** Go to a step as the slider would. */
  step(index: number): Promise<void> {
    const last = this.times.length - 1;
    if (last < 0) return Promise.resolve();
    this.slider.value = String(Math.min(Math.max(index, 0), last));
    this.label();
    return this.show(this.index);
  }

  /** Mark the present on the track, where it lies inside the run. */
  markNow(now = present()): void {
    const mark = find("now");
    const first = Date.parse(this.times[0] ?? "");
    const share = (now - first) / (Date.parse(this.times[this.times.length - 1] ?? "") - first);
    mark.hidden = !(share >= 0 && share <= 1);
    // Near the ends the name would cover the times that stand there; the line is enough.
    mark.classList.toggle("unnamed", share < 0.25 || share > 0.75);
    mark.style.left = `${share * 100}%`;
  }

  pause(): void {
    this.playing = false;
    this.turn += 1;
    this.look("play", PLAY);
  }

  private async play(): Promise<void> {
    this.playing = true;
    const turn = ++this.turn;
    this.look("pause", PAUSE);
    while (this.playing && turn === this.turn) {
      const pace = new Promise((done) => setTimeout(done, PACE_MS / Number(this.pace.value)));
      // The next step waits for this one to be drawn, so a slow machine plays slower, not wrong.
      await this.step((this.index + 1) % this.times.length).catch(() => undefined);
      await pace;
    }
  }

  private look(name: Word, shape: string): void {
    this.button.setAttribute("aria-label", word(name));
    find<SVGPathElement>("play-shape").setAttribute("d", shape);
  }

  private onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.altKey || event.ctrlKey || event.metaKey || this.slider.disabled) return;
    // The slider has its own arrow keys, lists theirs, and on the map they move the map.
    if (["INPUT", "SELECT", "TEXTAREA", "CANVAS"].includes(target.tagName)) return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      event.preventDefault();
      this.pause();
      void this.step(this.index + (event.key === "ArrowRight" ? 1 : -1));
    } else if (event.key === " " && target === document.body) {
      event.preventDefault();
      this.button.click();
    }
  }

  private label(): void {
    const time = this.times[this.index];
    find("valid").textContent = time ? clock(time) : "––:––";
    find("valid-more").textContent = time
      ? [`${day(time)} ${zone(time)}`, utcClock(time)].filter(Boolean).join(" · ")
      : "";
    this.slider.setAttribute("aria-valuetext", time ? `${day(time)} ${clock(time)}` : "");
    const share = this.times.length > 1 ? this.index / (this.times.length - 1) : 0;
    this.slider.style.setProperty("--share", `${share * 100}%`);
    find("flooded").textContent = this.countText();
  }

  private countText(): string {
    const count = this.buildings?.flooded[this.index];
    if (count === undefined || !this.buildings) return "";
    const centimetres = Math.round(this.buildings.flood_depth * 100);
    return `${count.toLocaleString("en-GB")} ${word("flooded")} (${word("deeperThan")} ${centimetres} cm)`;
  }

  /** The number of flooded buildings over the whole run as an area. */
  private spark(): void {
    const counts = this.buildings?.flooded ?? [];
    const most = Math.max(1, ...counts);
    const last = Math.max(1, counts.length - 1);
    const line = counts.map((n, i) => `${(100 * i) / last},${100 - (96 * n) / most}`).join(" L");
    const svg = find<SVGSVGElement>("spark");
    svg.replaceChildren();
    if (counts.length < 2 || Math.max(...counts) === 0) return;
    const area = document.createElementNS("http://www.w3.org/2000/svg", "path");
    area.setAttribute("d", `M0,100 L${line} L100,100 Z`);
    svg.append(area);
  }
}
