/** The slider of valid times with its play button and speed, keys, and the count of buildings in water. */

import type { BuildingTimes } from "./api";
import { find } from "./dom";
import { present } from "./exercise";
import { Hyetograph } from "./hyetograph";
import type { RunContent } from "./run";
import { afterStart, clock, day, duration, isDated, isRelative, utcClock, zone } from "./times";
import { language, type Word, word } from "./words";

const PLAY = "M7 4v16l13-8z";
const PAUSE = "M6 4h4.500v16H6zM13.500 4H18v16h-4.500z";
const PACE_MS = 450;

export class Timeline {
  private readonly slider = find<HTMLInputElement>("slider");
  private readonly button = find<HTMLButtonElement>("play");
  private readonly pace = find<HTMLSelectElement>("pace");
  private readonly rain = new Hyetograph();
  private times: string[] = [];
  private buildings: BuildingTimes | null = null;
  /** Times are told from the start of the run, not by the clock. */
  private isRelative = false;
  /** Name of the field of the whole run that is shown instead of one time. */
  private whole: string | null = null;
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

  open(content: RunContent | null, index: number): void {
    this.pause();
    this.times = content?.frames?.times ?? [];
    this.buildings = content?.buildings ?? null;
    this.isRelative = isRelative(content?.run ?? null);
    this.whole = null;
    const last = Math.max(0, this.times.length - 1);
    this.slider.max = String(last);
    this.slider.value = String(Math.min(Math.max(index, 0), last));
    this.slider.disabled = this.times.length < 2;
    this.button.disabled = this.slider.disabled;
    this.rain.open(content);
    this.translate();
  }

  translate(): void {
    this.rain.translate();
    this.label();
    this.spark();
    this.markNow();
    const first = this.times[0];
    const last = this.times[this.times.length - 1];
    find("from").textContent = first ? this.nameOf(first) : "";
    find("to").textContent = last ? this.nameOf(last) : "";
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
    const isInside = !this.isRelative && share >= 0 && share <= 1;
    mark.hidden = !isInside;
    mark.dataset.side = share > 0.5 ? "left" : "right";
    mark.textContent = `${word("now")} ${clock(new Date(now).toISOString())}`;
    mark.style.left = `${share * 100}%`;
    find<HTMLButtonElement>("to-now").disabled = !isInside;
    this.labelWhen(now);
  }

  /** Go to the step that is nearest to the present. */
  goNow(): void {
    this.pause();
    const away = this.times.map((time) => Math.abs(Date.parse(time) - present()));
    void this.step(away.indexOf(Math.min(...away)));
  }

  /** A field of the whole run is shown (null: one time); the bar must not tell of one time then. */
  tellWhole(title: string | null): void {
    if (title === this.whole) return;
    this.whole = title;
    this.label();
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
    find("valid").textContent = this.validText(time);
    find("valid-more").textContent = this.moreText(time);
    const isPeak = this.isPeak();
    find("peak").hidden = !isPeak;
    find("peak").title = word("peakMeans");
    const told = time ? [this.nameOf(time), ...(isPeak ? [word("peak")] : [])].join(", ") : "";
    this.slider.setAttribute("aria-valuetext", told);
    const share = this.times.length > 1 ? this.index / (this.times.length - 1) : 0;
    this.slider.style.setProperty("--share", `${share * 100}%`);
    find("flooded").textContent = this.whole === null ? this.countText() : "";
    this.rain.mark(this.whole === null ? (time ?? null) : null);
    this.labelWhen(present());
  }

  /** "Sun 9 Jun 15:40", or "+0 h 50 min". */
  private nameOf(time: string): string {
    return this.isRelative ? afterStart(time, this.times[0]) : `${day(time)} ${clock(time)}`;
  }

  private validText(time: string | undefined): string {
    if (this.whole !== null) return word("wholeRun");
    if (!time) return "––:––";
    return this.isRelative ? afterStart(time, this.times[0]) : clock(time);
  }

  private moreText(time: string | undefined): string {
    if (this.whole !== null) return this.whole;
    if (!time) return "";
    if (this.isRelative && !isDated(this.times[0])) return word("noDate");
    const local = this.isRelative ? `${day(time)} ${clock(time)}` : day(time);
    return [`${local} ${zone(time)}`, utcClock(time)].filter(Boolean).join(" · ");
  }

  /** Whether the shown time is still to come: "forecast, in 26 min". */
  private labelWhen(now: number): void {
    const time = this.times[this.index];
    const box = find("valid-when");
    box.hidden = !time || this.whole !== null;
    if (!time) return;
    const [kind, text] = this.whenText((Date.parse(time) - now) / 1000);
    box.dataset.when = kind;
    if (box.textContent !== text) box.textContent = text;
  }

  private whenText(seconds: number): [string, string] {
    const gap = language() === "en" ? " " : "";
    if (this.isRelative) return ["scenario", word("afterStart")];
    if (Math.abs(seconds) < 60) return ["now", word("forecastNow")];
    if (seconds > 0) return ["ahead", `${word("forecastIn")} ${duration(seconds)}${word("later")}`];
    return ["passed", `${duration(seconds)}${gap}${word("ago")}`];
  }

  /** Whether no other step has more buildings in water. */
  private isPeak(): boolean {
    const counts = this.buildings?.flooded ?? [];
    const most = Math.max(0, ...counts);
    return this.whole === null && most > 0 && counts[this.index] === most;
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
