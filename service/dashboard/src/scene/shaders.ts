/** The few shaders of the scene; light is reckoned once a vertex, so that software can draw them too. */

const SUN = "normalize(vec3(-0.45, 0.8, 0.4))";

const DEPTH = `
uniform sampler2D depthNow, depthBefore;
uniform float blend;
float depthAt(vec2 texel) {
  float now = textureLod(depthNow, texel, 0.0).r;
#ifdef BLENDED
  now = mix(textureLod(depthBefore, texel, 0.0).r, now, blend);
#endif
  return now;
}`;

/** Ground and water are one surface: where there is water, it is lifted and coloured by its depth. */
export const GROUND_VERTEX = `
in float edge;
${DEPTH}
out vec2 at;
out float wall;
void main() {
  at = uv;
  wall = edge;
  vec3 place = position;
  place.y += depthAt(uv) * (1.0 - edge);
  gl_Position = projectionMatrix * modelViewMatrix * vec4(place, 1.0);
}`;

/** `picture` has the ground in rgb, and in a how much of a river it is: that is never a flood. */
export const GROUND_FRAGMENT = `
precision highp float;
precision highp sampler2D;
uniform sampler2D picture, scale;
uniform float opacity, reach;
uniform vec3 wallColour;
in vec2 at;
in float wall;
out vec4 colour;
${DEPTH}
void main() {
  if (wall > 0.0) { colour = vec4(wallColour, opacity); return; }
  vec4 ground = textureLod(picture, at, 0.0);
  float depth = depthAt(at);
  vec4 water = vec4(0.0);
  // Most of a city is dry: no need to look up its colour.
  if (depth > 0.0) water = textureLod(scale, vec2(depth / reach, 0.5), 0.0);
  water.a *= 1.0 - ground.a;
  colour = vec4(mix(ground.rgb, water.rgb, water.a), max(opacity, 0.8 * water.a));
}`;

/** Each vertex carries the row of its building; the colour of a row lies in a texture. */
export const BUILDING_VERTEX = `
in float row;
uniform sampler2D colours;
uniform float chosen;
uniform vec3 plain, chosenColour;
out vec3 lit;
void main() {
  ivec2 texel = ivec2(int(row) % COLOURS_WIDE, int(row) / COLOURS_WIDE);
  vec3 own = row < 0.0 ? plain : texelFetch(colours, texel, 0).rgb;
  if (row == chosen) own = chosenColour;
  vec3 face = normalize(mat3(modelMatrix) * normal);
  lit = own * (0.72 + 0.34 * dot(face, ${SUN}));
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

export const BUILDING_FRAGMENT = `
precision mediump float;
uniform float opacity;
in vec3 lit;
out vec4 colour;
void main() { colour = vec4(lit, opacity); }`;
