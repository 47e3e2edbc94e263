/** Where the scene is seen from: by hand, by finger, by key, and by flight to a place. */

import { MOUSE, PerspectiveCamera, TOUCH, Vector3 } from "three";
import { MapControls } from "three/addons/controls/MapControls.js";
import type { Surface } from "./surface";

const FIELD_OF_VIEW = 36;
const HOME_PITCH = 50;
const HOME_BEARING = -14;
/** Not quite, as north would be nowhere. */
const STRAIGHT_DOWN = 89.5;
const STEEP = 0.99;
const FLATTEST = 1.5;
const NEAREST = 25;
const CLOSE = 260;
const FLIGHT_MS = 800;
const STEP_PIXELS = 60;
const TURN = Math.PI / 24;
const ZOOM = 1.25;
const DEGREES = Math.PI / 180;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

interface Flight {
  begun: number;
  from: [Vector3, Vector3];
  to: [Vector3, Vector3];
}

export class SceneCamera {
  readonly camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 1, 1e5);
  private readonly controls: MapControls;
  private readonly centre = new Vector3();
  private extent = 1000;
  private covered = 0;
  private depth = 1000;
  private flight: Flight | null = null;
  /** Nobody has moved the view yet: it follows the size of the canvas. */
  private isHome = true;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly moved: () => void,
  ) {
    this.controls = new MapControls(this.camera, canvas);
    this.controls.enableDamping = false;
    this.controls.zoomToCursor = true;
    this.controls.maxPolarAngle = FLATTEST;
    this.controls.minDistance = NEAREST;
    this.controls.mouseButtons = { LEFT: MOUSE.PAN, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.ROTATE };
    this.controls.touches = { ONE: TOUCH.PAN, TWO: TOUCH.DOLLY_ROTATE };
    this.controls.addEventListener("change", this.moved);
    this.controls.addEventListener("start", () => this.takeOver());
    canvas.addEventListener("keydown", (event) => this.onKey(event));
  }

  get target(): Vector3 {
    return this.controls.target;
  }

  get distance(): number {
    return this.camera.position.distanceTo(this.controls.target);
  }

  /** So many pixels at the left are hidden by the legend: the middle is that of the rest. */
  cover(left: number, width: number, height: number): void {
    this.covered = left / width;
    this.camera.aspect = width / height;
    this.camera.setViewOffset(width, height, -left / 2, 0, width, height);
    if (this.isHome) this.jump(...this.whole());
  }

  /** Look at the whole of a city. */
  over(surface: Surface): void {
    const height = surface.heightAt(0.5, 0.5);
    surface.place(0.5, 0.5, Number.isNaN(height) ? surface.lowest : height, this.centre);
    this.extent = surface.place(0, 0.5, 0).distanceTo(surface.place(1, 0.5, 0));
    this.depth = surface.place(0.5, 0, 0).distanceTo(surface.place(0.5, 1, 0));
    const { extent: width, depth } = this;
    this.isHome = true;
    this.controls.maxDistance = 4 * Math.max(width, depth);
    this.jump(...this.whole());
  }

  home(): void {
    this.fly(...this.whole());
    this.isHome = true;
  }

  /** Look from above, or tilted again; whether it is tilted now. */
  tilt(): boolean {
    const away = this.camera.position.clone().sub(this.controls.target);
    const isTilted = away.y / away.length() < STEEP;
    const pitch = (isTilted ? STRAIGHT_DOWN : HOME_PITCH) * DEGREES;
    const bearing = isTilted ? 0 : HOME_BEARING * DEGREES;
    const to = fromAngles(bearing, pitch).multiplyScalar(away.length());
    this.fly(this.controls.target.clone(), to.add(this.controls.target));
    return !isTilted;
  }

  /** Go near a point, from the side that the view is on now; `covered` of the height is hidden at the top. */
  visit(point: Vector3, covered = 0): void {
    const distance = Math.min(this.distance, CLOSE);
    const away = this.camera.position.clone().sub(this.controls.target);
    away.setY(Math.max(away.y, 0.6 * Math.hypot(away.x, away.z)));
    away.setLength(distance);
    const up = covered * distance * Math.tan((FIELD_OF_VIEW / 2) * DEGREES);
    const forward = new Vector3(-away.x, 0, -away.z).normalize().multiplyScalar(up);
    const target = point.clone().add(forward);
    this.fly(target, target.clone().add(away));
  }

  /** Move on with a flight; true while it lasts. */
  update(): boolean {
    if (this.flight) {
      const share = Math.min(1, (performance.now() - this.flight.begun) / FLIGHT_MS);
      const eased = 1 - (1 - share) ** 3;
      const { from, to } = this.flight;
      this.controls.target.lerpVectors(from[0], to[0], eased);
      this.camera.position.lerpVectors(from[1], to[1], eased);
      this.controls.update();
      if (share === 1) this.flight = null;
    }
    // A near plane that is not too near keeps roofs and ground apart.
    this.camera.near = Math.max(1, this.distance / 60);
    this.camera.far = this.distance + 6 * Math.max(this.extent, this.depth);
    this.camera.updateProjectionMatrix();
    this.camera.updateMatrixWorld();
    return this.flight !== null;
  }

  /** Turn around what is looked at, for measuring [radians]. */
  orbit(angle: number, pitch = 0): void {
    this.takeOver();
    const away = this.camera.position.clone().sub(this.controls.target);
    away.applyAxisAngle(new Vector3(0, 1, 0), angle);
    const side = new Vector3(0, 1, 0).cross(away).normalize();
    const tilted = away.clone().applyAxisAngle(side, pitch);
    const polar = Math.acos(tilted.y / tilted.length());
    if (polar > 0.05 && polar < FLATTEST && tilted.dot(away) > 0) away.copy(tilted);
    this.camera.position.copy(this.controls.target).add(away);
    this.controls.update();
    this.moved();
  }

  zoom(factor: number): void {
    const away = this.camera.position.clone().sub(this.controls.target);
    away.setLength(Math.min(Math.max(away.length() * factor, NEAREST), this.controls.maxDistance));
    this.takeOver();
    this.camera.position.copy(this.controls.target).add(away);
    this.controls.update();
    this.moved();
  }

  close(): void {
    this.controls.dispose();
  }

  /** Arrows move, with Shift they turn and tilt; + and - come nearer and go away. */
  private onKey(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const arrows: Record<string, [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const arrow = arrows[event.key];
    if (arrow && event.shiftKey) this.orbit(arrow[0] * TURN, arrow[1] * TURN);
    else if (arrow) this.pan(arrow);
    else if (event.key === "+" || event.key === "=") this.zoom(1 / ZOOM);
    else if (event.key === "-" || event.key === "_") this.zoom(ZOOM);
    else if (event.key === "Home") this.home();
    else return;
    event.preventDefault();
  }

  private pan([right, forward]: [number, number]): void {
    const perPixel = (2 * this.distance * Math.tan((FIELD_OF_VIEW / 2) * DEGREES)) / this.canvas.clientHeight;
    const ahead = this.controls.target.clone().sub(this.camera.position).setY(0).normalize();
    const aside = new Vector3(-ahead.z, 0, ahead.x);
    const by = ahead.multiplyScalar(forward).add(aside.multiplyScalar(right));
    by.multiplyScalar(STEP_PIXELS * perPixel);
    this.takeOver();
    this.controls.target.add(by);
    this.camera.position.add(by);
    this.controls.update();
    this.moved();
  }

  private takeOver(): void {
    this.flight = null;
    this.isHome = false;
  }

  private fly(target: Vector3, position: Vector3): void {
    this.isHome = false;
    if (CALM.matches) return this.jump(target, position);
    this.flight = {
      begun: performance.now(),
      from: [this.controls.target.clone(), this.camera.position.clone()],
      to: [target, position],
    };
    this.moved();
  }

  private jump(target: Vector3, position: Vector3): void {
    this.flight = null;
    this.controls.target.copy(target);
    this.camera.position.copy(position);
    this.controls.update();
    this.moved();
  }

  /** Target and position from which the whole city just fits. */
  private whole(): [Vector3, Vector3] {
    const half = Math.tan((FIELD_OF_VIEW / 2) * DEGREES);
    const wide = this.extent / 2 / (half * this.camera.aspect * (1 - this.covered));
    const high = (this.depth * Math.sin(HOME_PITCH * DEGREES)) / 2 / half;
    const distance = Math.max(wide * 1.02 + this.depth * 0.25, high * 1.12);
    const position = fromAngles(HOME_BEARING * DEGREES, HOME_PITCH * DEGREES);
    return [this.centre.clone(), position.multiplyScalar(distance).add(this.centre)];
  }
}

/** Direction to the eye that looks with a bearing at a pitch below the horizon [radians]. */
function fromAngles(bearing: number, pitch: number): Vector3 {
  const flat = Math.cos(pitch);
  return new Vector3(-Math.sin(bearing) * flat, Math.sin(pitch), Math.cos(bearing) * flat);
}
