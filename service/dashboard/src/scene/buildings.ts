/** The buildings: 3D tiles that are loaded once, and coloured anew without being touched. */

import { TilesRenderer } from "3d-tiles-renderer";
import { GLTFExtensionsPlugin } from "3d-tiles-renderer/plugins";
import {
  GLSL3,
  Matrix4,
  Mesh,
  type Object3D,
  type PerspectiveCamera,
  type RawShaderMaterial,
  Vector3,
  type WebGLRenderer,
} from "three";
import { MAP } from "../colours";
import type { SceneInfo } from "./answers";
import { tileDecoder } from "./decoder";
import { addRows, leaveOutGround, ROW } from "./features";
import { asShader, screenColour } from "./materials";
import { COLOURS_WIDE, type RunLayer } from "./run_layer";
import { BUILDING_FRAGMENT, BUILDING_VERTEX } from "./shaders";

const NOBODY = -2;
const SEEN_THROUGH = 0.3;
/** Pixels that a tile may be wrong by before finer ones are asked for. */
const ERROR_TARGET = 14;
/** Tiles of what is no building. */
const OTHER_OBJECTS = /\/o\/[^/]+$/;
const KEPT_BYTES = 400_000_000;

export class Buildings {
  readonly tiles: TilesRenderer;
  private readonly material: RawShaderMaterial;
  private readonly decoder = tileDecoder();

  constructor(
    info: SceneInfo,
    camera: PerspectiveCamera,
    private readonly renderer: WebGLRenderer,
    redraw: () => void,
    failed: (error: Error) => void,
  ) {
    this.material = asShader({
      vertexShader: BUILDING_VERTEX,
      fragmentShader: BUILDING_FRAGMENT,
      glslVersion: GLSL3,
      defines: { COLOURS_WIDE },
      uniforms: {
        colours: { value: null },
        chosen: { value: NOBODY },
        plain: { value: screenColour(MAP.building) },
        chosenColour: { value: screenColour(MAP.chosen) },
        opacity: { value: 1 },
      },
    });
    this.tiles = new TilesRenderer(info.tileset);
    this.tiles.registerPlugin(new GLTFExtensionsPlugin({ dracoLoader: this.decoder }));
    this.tiles.errorTarget = ERROR_TARGET;
    this.tiles.lruCache.maxBytesSize = KEPT_BYTES;
    this.tiles.setCamera(camera);
    this.tiles.addEventListener("load-model", ({ scene, url }) => this.dress(scene as Object3D, url));
    for (const event of ["needs-update", "tile-visibility-change", "load-tileset"]) {
      this.tiles.addEventListener(event, redraw);
    }
    this.tiles.addEventListener("load-error", ({ error }) => failed(error));
    const { group } = this.tiles;
    group.renderOrder = 2;
    group.matrixAutoUpdate = false;
    group.matrix.copy(fromEarth(info.transform));
    group.matrixWorldNeedsUpdate = true;
  }

  /** Tell once, when all tiles that the first view needs are there. */
  whenComplete(done: () => void): void {
    const look = () => {
      if (this.tiles.root === null || this.tiles.loadProgress < 1) return;
      this.tiles.removeEventListener("update-after", look);
      done();
    };
    this.tiles.addEventListener("update-after", look);
  }

  /** The highest point of each loaded building, by its row. */
  middles(): Map<number, Vector3> {
    const found = new Map<number, Vector3>();
    this.tiles.forEachLoadedModel((scene) => {
      (scene as Object3D).traverse((part) => {
        if (part instanceof Mesh) addTops(part, found);
      });
    });
    return found;
  }

  /** Ask for the tiles that this view needs. */
  update(camera: PerspectiveCamera): void {
    this.tiles.setResolutionFromRenderer(camera, this.renderer);
    this.tiles.update();
  }

  /** Colour the buildings as in this run from now on. */
  take(run: RunLayer): void {
    this.material.uniforms.colours.value = run.colours;
  }

  /** Mark one building by its row; null: none. */
  choose(row: number | null): void {
    this.material.uniforms.chosen.value = row ?? NOBODY;
  }

  set isSeenThrough(through: boolean) {
    this.material.uniforms.opacity.value = through ? SEEN_THROUGH : 1;
    this.material.transparent = through;
  }

  dispose(): void {
    this.tiles.dispose();
    this.decoder.dispose();
    this.material.dispose();
  }

  /** Our material for all of a tile; its own one is never used, so never compiled. */
  private dress(scene: Object3D, url: string): void {
    scene.traverse((part) => {
      if (!(part instanceof Mesh)) return;
      if (!part.geometry.getAttribute("normal")) part.geometry.computeVertexNormals();
      addRows(part);
      if (OTHER_OBJECTS.test(url)) leaveOutGround(part);
      part.material = this.material;
      part.renderOrder = 2;
    });
  }
}

/** From Earth-centred metres to the scene: x east, y up, z south. */
function fromEarth(transform: number[]): Matrix4 {
  const upright = new Matrix4().set(1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1);
  return upright.multiply(new Matrix4().fromArray(transform).invert());
}

/** Of each building of a mesh, where its highest corner is in the scene. */
function addTops(mesh: Mesh, found: Map<number, Vector3>): void {
  const rows = mesh.geometry.getAttribute(ROW);
  const places = mesh.geometry.getAttribute("position");
  for (let vertex = 0; vertex < rows.count; vertex += 1) {
    const at = new Vector3().fromBufferAttribute(places, vertex).applyMatrix4(mesh.matrixWorld);
    const before = found.get(rows.getX(vertex));
    if (!before || at.y > before.y) found.set(rows.getX(vertex), at);
  }
}
