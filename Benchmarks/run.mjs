// Runs a WASI program under Node: node run.mjs [--dir FOLDER] [--env NAME=VALUE] FILE [ARGUMENTS…]
import { readFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { WASI } from "node:wasi";

const words = argv.slice(2);
const preopens = {};
const env = {};
while (words[0].startsWith("--")) {
  const [option, value] = words.splice(0, 2);
  if (option === "--dir") preopens[value] = value;
  if (option === "--env") env[value.slice(0, value.indexOf("="))] = value.slice(value.indexOf("=") + 1);
}
const wasi = new WASI({ version: "preview1", args: words, env, preopens, returnOnExit: true });
const { instance } = await WebAssembly.instantiate(readFileSync(words[0]), wasi.getImportObject());
exit(wasi.start(instance));
