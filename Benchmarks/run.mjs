// Runs a WASI program under Node: node run.mjs FILE [ARGUMENTS…]
import { readFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { WASI } from "node:wasi";

const [file, ...rest] = argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [file, ...rest], preopens: {}, returnOnExit: true });
const { instance } = await WebAssembly.instantiate(readFileSync(file), wasi.getImportObject());
exit(wasi.start(instance));
