/** Ground and water of the city: one mesh, one shader; only textures change as the water moves. */

import {
  ClampToEdgeWrapping,
  DataTexture,
  DoubleSide,
  GLSL3,
  LinearFilter,
  Mesh,
  RawShaderMaterial,
  RGBAFormat,
  type Texture,
  UnsignedByteType,
} from "three";
import type { LegendStep } from "../api";
import { MAP } from "../colours";
import { groundMesh } from "./ground_mesh";
import { asShader, screenColour } from "./materials";
import { GROUND_FRAGMENT, GROUND_VERTEX } from "./shaders";
import type { RunLayer } from "./run_layer";
import type { Surface } from "./surface";

/** Depth at the right end of the scale [m], and texels of it. */
const REACH = 2.56;
const SCALE_TEXELS = 512;
/** Buildings (2) hide ground that then need not be drawn; but they are seen through over it. */
const [BEFORE_BUILDINGS, AFTER_BUILDINGS] = [1, 3];
const WATER_OPACITY = 0.88;
const SEEN_THROUGH = 0.4;

export class Ground {
  readonly mesh: Mesh;
  private readonly material: RawShaderMaterial;

  /** `most` points a side, fewer where software draws them; `blends` two steps where it is quick. */
  constructor(surface: Surface, most: number, blends: boolean, picture: Texture) {
    this.material = asShader({
      defines: blends ? { BLENDED: "" } : {},
      vertexShader: GROUND_VERTEX,
      fragmentShader: GROUND_FRAGMENT,
      glslVersion: GLSL3,
      side: DoubleSide,
      uniforms: {
        depthNow: { value: null },
        depthBefore: { value: null },
        blend: { value: 1 },
        opacity: { value: 1 },
        picture: { value: picture },
        scale: { value: scaleTexture([]) },
        reach: { value: REACH },
        wallColour: { value: screenColour(MAP.wall) },
      },
    });
    this.mesh = new Mesh(groundMesh(surface, most), this.material);
    this.mesh.renderOrder = AFTER_BUILDINGS;
    this.mesh.frustumCulled = false;
  }

  set picture(picture: Texture) {
    this.material.uniforms.picture.value.dispose();
    this.material.uniforms.picture.value = picture;
  }

  /** Colours of the depth, as in the legend. */
  set steps(steps: LegendStep[]) {
    this.material.uniforms.scale.value.dispose();
    this.material.uniforms.scale.value = scaleTexture(steps);
  }

  /** Look through the ground, at what lies below. */
  set isSeenThrough(through: boolean) {
    this.material.uniforms.opacity.value = through ? SEEN_THROUGH : 1;
    this.material.transparent = through;
    this.material.depthWrite = !through;
    this.mesh.renderOrder = through ? BEFORE_BUILDINGS : AFTER_BUILDINGS;
  }

  /** Show the water of a run from now on. */
  take(run: RunLayer): void {
    const { uniforms } = this.material;
    uniforms.depthNow.value = run.now;
    uniforms.depthBefore.value = run.before;
    uniforms.blend.value = run.blend;
  }

  dispose(): void {
    const { picture, scale } = this.material.uniforms;
    for (const texture of [picture, scale]) texture.value.dispose();
    this.mesh.geometry.dispose();
    this.material.dispose();
  }
}

/** Colour and opacity of each depth up to `REACH`. */
function scaleTexture(steps: LegendStep[]): DataTexture {
  const texels = new Uint8Array(4 * SCALE_TEXELS);
  for (let texel = 0; texel < SCALE_TEXELS; texel += 1) {
    const depth = ((texel + 0.5) / SCALE_TEXELS) * REACH;
    const step = steps.findLast((each) => depth >= each.lower);
    if (!step) continue;
    const colour = Number.parseInt(step.colour.slice(1), 16);
    texels.set([colour >> 16, (colour >> 8) & 255, colour & 255, 255 * WATER_OPACITY], 4 * texel);
  }
  const texture = new DataTexture(texels, SCALE_TEXELS, 1, RGBAFormat, UnsignedByteType);
  texture.wrapS = ClampToEdgeWrapping;
  texture.minFilter = texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}
