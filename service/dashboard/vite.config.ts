import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Beside each script and sheet its gzip, so that the server need not compress at every visit. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (!/\.(js|css)$/.test(file.fileName)) continue;
          const text = file.type === "chunk" ? file.code : file.source;
          const source = gzipSync(text, { level: 9 });
          this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source });
        }
      },
    },
  };
}

export default defineConfig({
  base: "/",
  plugins: [compressed()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2022",
    // MapLibre alone is over the default; the page is measured as a whole in the tests.
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": "http://127.0.0.1:8000" } },
});
