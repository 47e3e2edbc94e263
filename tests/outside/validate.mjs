// Runs Khronos gltf-validator on GLB files; one line of JSON a file: what it found and where.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const validator = createRequire(import.meta.url)("gltf-validator");
for (const path of process.argv.slice(2)) {
  const report = await validator.validateBytes(new Uint8Array(readFileSync(path)), { maxIssues: 50 });
  const { numErrors, numWarnings, messages } = report.issues;
  console.log(JSON.stringify({ path, errors: numErrors, warnings: numWarnings, messages }));
}
