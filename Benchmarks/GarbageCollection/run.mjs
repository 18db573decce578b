// Calls the export `run` of a module with a number: node run.mjs FILE NUMBER. Prints the result and the seconds.
import { readFileSync } from "node:fs";
import { argv } from "node:process";

const { instance } = await WebAssembly.instantiate(readFileSync(argv[2]));
const started = performance.now();
const result = instance.exports.run(Number(argv[3]));
console.log(result, (performance.now() - started) / 1000);
