/**
 * The water over time as a layer of its own: each picture goes to the graphics device once, ahead
 * of its turn, so that a step of the slider only binds another texture and draws the map once.
 * (An image source of MapLibre uploads at every step, and then draws the map twice.)
 */

import {
  type CustomLayerInterface,
  type CustomRenderMethodInput,
  type Map as MapLibreMap,
  MercatorCoordinate,
} from "maplibre-gl";
import type { Step } from "./frames";
import { WATER_LAYER } from "./style";

const VERTEX = `#version 300 es
in vec4 place;
in vec2 texel;
out vec2 at;
void main() { gl_Position = place; at = texel; }`;
const FRAGMENT = `#version 300 es
precision mediump float;
in highp vec2 at;
uniform sampler2D picture;
out vec4 colour;
void main() { colour = texture(picture, at); }`;
/** Of each corner, clockwise from the north-west, its place in the picture. */
const TEXELS = [0, 0, 1, 0, 1, 1, 0, 1];

export class WaterLayer implements CustomLayerInterface {
  readonly id = WATER_LAYER;
  readonly type = "custom";
  readonly renderingMode = "2d";
  hidden = false;
  private readonly corners: MercatorCoordinate[];
  private readonly textures = new Map<Step, WebGLTexture>();
  private gl: WebGL2RenderingContext | null = null;
  private program: WebGLProgram | null = null;
  private shape: WebGLVertexArrayObject | null = null;
  private places: WebGLBuffer | null = null;
  private shown: Step | null = null;

  /** `corners` of the pictures as [lon, lat], clockwise from the north-west. */
  constructor(corners: [number, number][]) {
    this.corners = corners.map((corner) => MercatorCoordinate.fromLngLat(corner));
  }

  onAdd(_map: MapLibreMap, gl: WebGL2RenderingContext): void {
    this.gl = gl;
    this.textures.clear(); // after a lost context they are gone
    this.program = linked(gl);
    this.shape = gl.createVertexArray();
    this.places = gl.createBuffer();
    gl.bindVertexArray(this.shape);
    this.attribute(gl, "texel", 2, gl.createBuffer(), new Float32Array(TEXELS));
    this.attribute(gl, "place", 4, this.places, new Float32Array(16));
    gl.bindVertexArray(null);
  }

  onRemove(_map: MapLibreMap, gl: WebGL2RenderingContext): void {
    for (const texture of this.textures.values()) gl.deleteTexture(texture);
    this.textures.clear();
    gl.deleteBuffer(this.places);
    gl.deleteVertexArray(this.shape);
    gl.deleteProgram(this.program);
    this.gl = null;
  }

  /** Bring the picture of a step to the graphics device before it is wanted. */
  prepare(step: Step): void {
    if (this.gl && !this.textures.has(step)) this.textures.set(step, uploaded(this.gl, step));
  }

  /** Free what `prepare` took; the shown step stays. */
  forget(step: Step): void {
    if (step === this.shown) return;
    this.gl?.deleteTexture(this.textures.get(step) ?? null);
    this.textures.delete(step);
  }

  show(step: Step): void {
    const before = this.shown;
    this.prepare(step);
    this.shown = step;
    const isGone = before !== null && before !== step && before.picture.width === 0;
    if (isGone) this.forget(before);
  }

  render(gl: WebGL2RenderingContext, { defaultProjectionData }: CustomRenderMethodInput): void {
    const texture = this.shown && this.textures.get(this.shown);
    if (!texture || this.hidden) return;
    // In 64 bits here, as 32 bits of the device are metres at the scale of the world.
    const matrix = defaultProjectionData.mainMatrix as ArrayLike<number>;
    const places = this.corners.flatMap(({ x, y }) =>
      [0, 1, 2, 3].map((row) => matrix[row] * x + matrix[row + 4] * y + matrix[row + 12]),
    );
    gl.useProgram(this.program);
    gl.bindVertexArray(this.shape);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.places);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, new Float32Array(places));
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.disable(gl.CULL_FACE);
    gl.drawArrays(gl.TRIANGLE_FAN, 0, 4);
    gl.bindVertexArray(null);
  }

  private attribute(
    gl: WebGL2RenderingContext,
    name: string,
    size: number,
    buffer: WebGLBuffer | null,
    values: Float32Array,
  ): void {
    const index = gl.getAttribLocation(this.program as WebGLProgram, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(index);
    gl.vertexAttribPointer(index, size, gl.FLOAT, false, 0, 0);
  }
}

function linked(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind) as WebGLShader;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`the water cannot be drawn: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}

/** A texture of the picture; what the map had bound is bound again, as it remembers that. */
function uploaded(gl: WebGL2RenderingContext, step: Step): WebGLTexture {
  const texture = gl.createTexture();
  const bound = gl.getParameter(gl.TEXTURE_BINDING_2D);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, step.picture);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  gl.bindTexture(gl.TEXTURE_2D, bound);
  return texture;
}
