/** The canvas with its camera and painter: how large it is, and whether its device is still there. */

import { Scene, Vector2 } from "three";
import { find, make } from "../dom";
import { word } from "../words";
import { SceneCamera } from "./camera";
import { note } from "./note";
import { Painter } from "./painter";
import { listenForPicks } from "./pointing";

export class Stage {
  readonly scene = new Scene();
  readonly canvas = make("canvas", "scene-canvas");
  readonly camera: SceneCamera;
  readonly painter: Painter;
  private readonly stop = new AbortController();
  private readonly sized = new ResizeObserver(() => this.resize());

  /** Throws where the browser cannot draw in three dimensions. */
  constructor(
    private readonly container: HTMLElement,
    pick: (at: Vector2) => void,
  ) {
    const { canvas } = this;
    canvas.tabIndex = 0;
    canvas.setAttribute("aria-describedby", "scene-keys");
    container.prepend(canvas);
    this.camera = new SceneCamera(canvas, () => this.painter?.moving());
    try {
      this.painter = new Painter(canvas, this.scene, this.camera.camera);
    } catch (error) {
      canvas.remove();
      throw error;
    }
    listenForPicks(canvas, pick, this.stop.signal);
    this.watchDevice();
    this.sized.observe(container);
    this.resize();
  }

  /** Width and height of the canvas [pixels of the page]. */
  get size(): Vector2 {
    return new Vector2(this.canvas.clientWidth, this.canvas.clientHeight);
  }

  close(): void {
    this.stop.abort();
    this.sized.disconnect();
    this.camera.close();
    this.painter.close();
    this.painter.renderer.forceContextLoss();
    this.canvas.remove();
    note(null);
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.container;
    if (clientWidth === 0 || clientHeight === 0) return;
    const legend = find("scene-legend");
    const isOver = getComputedStyle(legend).position === "absolute";
    this.camera.cover(isOver ? legend.offsetWidth : 0, clientWidth, clientHeight);
    this.painter.resize(clientWidth, clientHeight);
  }

  /** A device may go and come back; three.js then takes all to it anew. */
  private watchDevice(): void {
    const { signal } = this.stop;
    this.canvas.addEventListener("webglcontextlost", () => note(word("deviceLost")), { signal });
    this.canvas.addEventListener(
      "webglcontextrestored",
      () => {
        note(null);
        this.painter.setUp();
      },
      { signal },
    );
  }
}
