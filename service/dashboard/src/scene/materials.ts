/** Materials of our own shaders, with what three.js declares for its own ones. */

import { RawShaderMaterial, type ShaderMaterialParameters, Vector3 } from "three";

const VERTEX_HEAD = `
precision highp float;
precision highp sampler2D;
uniform mat4 projectionMatrix, modelViewMatrix, modelMatrix;
in vec3 position, normal;
in vec2 uv;
`;

export function asShader(parameters: ShaderMaterialParameters): RawShaderMaterial {
  return new RawShaderMaterial({
    ...parameters,
    vertexShader: VERTEX_HEAD + parameters.vertexShader,
  });
}

/** A colour as it is written: the shaders work in the colours of the screen. */
export function screenColour(hex: string): Vector3 {
  const colour = Number.parseInt(hex.slice(1), 16);
  return new Vector3(colour >> 16, (colour >> 8) & 255, colour & 255).divideScalar(255);
}
