// Bundles traces.js into plotly.min.js.gz, with the settings that plotly.js builds itself by (esbuild-config.js in its package).
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { environmentPlugin } from "esbuild-plugin-environment";
import { glsl } from "esbuild-plugin-glsl";
import InlineCSSPlugin from "esbuild-plugin-inline-css";

const { version, license } = JSON.parse(readFileSync("node_modules/plotly.js/package.json"));
const { outputFiles } = await build({
  entryPoints: ["traces.js"],
  format: "iife",
  globalName: "Plotly",
  bundle: true,
  minify: true,
  write: false,
  legalComments: "none",
  banner: { js: `/* plotly.js ${version}, ${license} licence, (c) Plotly, Inc.; scatter, contour, surface and scatter3d only */` },
  plugins: [InlineCSSPlugin(), glsl({ minify: true }), environmentPlugin({ NODE_DEBUG: false })],
  alias: { regl: "@plotly/regl", stream: "stream-browserify" },
  define: { global: "window", "define.amd": "false" },
  target: "es2020",
});
const packed = gzipSync(outputFiles[0].contents, { level: 9 });
packed.fill(0, 4, 8); // no time
packed[9] = 255; // no operating system
writeFileSync("plotly.min.js.gz", packed);
console.log(`plotly.js ${version}: ${outputFiles[0].contents.length} bytes, ${packed.length} packed`);
