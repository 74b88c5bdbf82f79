// Builds the script, style and frame of the page into archdsl/outputs/page/built, with their licences.
// With --check nothing is written: it fails where what is there is not what would be built.

import { build } from "esbuild";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "archdsl", "outputs", "page", "built");
const BUNDLED = ["@hpcc-js/wasm-graphviz", "d3-color", "d3-dispatch", "d3-drag", "d3-ease", "d3-interpolate",
    "d3-selection", "d3-timer", "d3-transition", "d3-zoom"];

const result = await build({
    absWorkingDir: here,
    entryPoints: ["src/main.ts", "src/page.css"],
    outdir: "out",
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    write: false,
});

const used = new Set(Object.keys(result.metafile.inputs)
    .map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
const unnamed = [...used].filter((name) => !BUNDLED.includes(name));
if (unnamed.length) throw new Error(`bundled without a licence: ${unnamed.join(", ")}`);

const files = new Map([
    ["page.js", result.outputFiles.find((file) => file.path.endsWith(".js")).text],
    ["page.css", result.outputFiles.find((file) => file.path.endsWith(".css")).text],
    ["page.html", await readFile(join(here, "src", "page.html"), "utf8")],
    ["LICENSES.txt", await licenses()],
]);

let differs = false;
await mkdir(target, { recursive: true });
for (const [name, text] of files) {
    const path = join(target, name);
    if (!process.argv.includes("--check")) await writeFile(path, text);
    else if (text !== await readFile(path, "utf8").catch(() => "")) {
        console.error(`${name} is not what the sources make of it: run npm run build`);
        differs = true;
    }
}
process.exit(differs ? 1 : 0);

async function licenses() {
    const parts = ["The script of the page contains the following, each under its own licence.\n"];
    for (const name of BUNDLED.filter((each) => used.has(each))) {
        const folder = join(here, "node_modules", name);
        const { version, license, homepage } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
        parts.push(`${name} ${version} (${license}), ${homepage}\n\n${await readFile(join(folder, "LICENSE"), "utf8")}`);
    }
    for (const name of (await readdir(join(here, "licenses"))).sort()) {
        parts.push(await readFile(join(here, "licenses", name), "utf8"));
    }
    return `${parts.map((part) => part.trim()).join(`\n\n${"=".repeat(78)}\n\n`)}\n`;
}
