/** When what was asked for is really on the canvas. */

import type { Map as MapLibreMap } from "maplibre-gl";

/** Resolves when the next rendering of the map is finished by the graphics device. */
export function drawn(map: MapLibreMap): Promise<void> {
  return new Promise((done) => {
    map.once("render", () => void finished(map.getCanvas().getContext("webgl2")).then(done));
    map.triggerRepaint();
  });
}

/** Resolves when the graphics device has finished all that it was told so far. */
export function finished(gl: WebGL2RenderingContext | null): Promise<void> {
  const fence = gl?.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  if (!gl || !fence) return Promise.resolve();
  gl.flush();
  return new Promise((done) => {
    const look = () => {
      const state = gl.getSyncParameter(fence, gl.SYNC_STATUS);
      if (state === gl.SIGNALED || gl.isContextLost()) {
        gl.deleteSync(fence);
        done();
      } else setTimeout(look, 1);
    };
    look();
  });
}
