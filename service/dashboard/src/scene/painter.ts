/** Draws when something has changed, never otherwise; coarser while moving where the device is slow. */

import { type PerspectiveCamera, type Scene, Vector2, WebGLRenderer } from "three";
import { finished } from "../drawn";
import { MAP } from "../colours";

/** A frame that takes longer than this while the view moves is drawn coarser [ms]. */
const SLOW_FRAME_MS = 45;
const COARSE = 0.6;
const SHARP_AFTER_MS = 180;
const SHARPEST = 2;
/** Without a device of its own there is time for one sample a pixel. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** A part of the picture from `left` to `right` (0 to 1), and what to do before it is drawn. */
export interface Pane {
  left: number;
  right: number;
  prepare(): void;
}

export class Painter {
  readonly renderer: WebGLRenderer;
  readonly isSoftware: boolean;
  /** How long each of the last frames took until the device was done [ms]. */
  readonly frameMilliseconds: number[] = [];
  /** Called before each frame; whether it wants one more after it. */
  before: () => boolean = () => false;
  /** Called after each frame. */
  after: () => void = () => undefined;
  panes: () => Pane[] = () => [{ left: 0, right: 1, prepare: () => undefined }];
  framesDrawn = 0;
  private readonly size = new Vector2(1, 1);
  private readonly ratio: number;
  private waiting = 0;
  private sharpen = 0;
  private isCoarse = false;
  private isMeasuring = false;
  private wanted: (() => void)[] = [];

  /** Throws where the browser has no WebGL 2. */
  constructor(
    canvas: HTMLCanvasElement,
    private readonly scene: Scene,
    private readonly camera: PerspectiveCamera,
  ) {
    this.renderer = new WebGLRenderer({ canvas, antialias: false, powerPreference: "high-performance" });
    this.renderer.autoClear = false;
    this.setUp();
    const gl = this.renderer.getContext() as WebGL2RenderingContext;
    const names = gl.getExtension("WEBGL_debug_renderer_info");
    this.isSoftware = SOFTWARE.test(String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)));
    // More samples than pixels smooth the edges of roofs, where a device has the time for it.
    this.ratio = this.isSoftware ? 1 : Math.min(Math.max(devicePixelRatio, 1) * 1.5, SHARPEST);
    this.renderer.setPixelRatio(this.ratio);
  }

  /** What a device does not know of itself: at first, and when it comes back. */
  setUp(): void {
    this.renderer.setClearColor(MAP.outside);
    this.request();
  }

  get gl(): WebGL2RenderingContext {
    return this.renderer.getContext() as WebGL2RenderingContext;
  }

  /** Draw soon, once however often it is asked for. */
  request(): void {
    this.waiting ||= requestAnimationFrame(() => this.draw());
  }

  /** Resolves when all that was asked for is really on the canvas. */
  drawn(): Promise<void> {
    const done = new Promise<void>((resolve) => this.wanted.push(resolve));
    this.request();
    return done;
  }

  resize(width: number, height: number): void {
    this.size.set(Math.max(1, width), Math.max(1, height));
    this.renderer.setSize(this.size.x, this.size.y, false);
    this.request();
  }

  /** The view moves: if frames are slow, draw coarser until it rests. */
  moving(): void {
    clearTimeout(this.sharpen);
    const last = this.frameMilliseconds.slice(-3);
    const isSlow = last.length === 3 && Math.min(...last) > SLOW_FRAME_MS;
    if (isSlow) this.coarse(true);
    if (this.isCoarse) this.sharpen = window.setTimeout(() => this.coarse(false), SHARP_AFTER_MS);
    this.request();
  }

  close(): void {
    cancelAnimationFrame(this.waiting);
    clearTimeout(this.sharpen);
    this.waiting = 0;
    for (const done of this.wanted.splice(0)) done();
    this.renderer.dispose();
  }

  private coarse(wanted: boolean): void {
    if (wanted === this.isCoarse) return;
    this.isCoarse = wanted;
    this.renderer.setPixelRatio(this.ratio * (wanted ? COARSE : 1));
    this.request();
  }

  private draw(): void {
    this.waiting = 0;
    const begun = performance.now();
    const goesOn = this.before();
    const { renderer, size } = this;
    const panes = this.panes();
    renderer.setScissorTest(panes.length > 1);
    renderer.clear();
    for (const pane of panes) {
      const left = Math.round(pane.left * size.x);
      renderer.setScissor(left, 0, Math.round(pane.right * size.x) - left, size.y);
      pane.prepare();
      renderer.render(this.scene, this.camera);
    }
    this.after();
    this.framesDrawn += 1;
    this.measure(begun);
    if (goesOn) this.request();
  }

  /** Tell those who wait for the picture when the device is done. */
  private measure(begun: number): void {
    const waiters = this.wanted.splice(0);
    if (this.isMeasuring && waiters.length === 0) return;
    this.isMeasuring = true;
    void finished(this.gl).then(() => {
      this.isMeasuring = false;
      this.frameMilliseconds.push(performance.now() - begun);
      if (this.frameMilliseconds.length > 100) this.frameMilliseconds.shift();
      for (const done of waiters) done();
    });
  }
}
