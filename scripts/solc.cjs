// Command line of solc-js with the flags of the native compiler that tools use: --version and --standard-json.
// Path flags (--base-path, --include-path, --allow-paths) are accepted and ignored: in standard JSON every source
// is in the input, and nothing is ever read from disk.
//
// solc is single-threaded and generates code only for the contracts whose output is asked for. So the files asked for
// are dealt out to as many threads as there are cores; each is given all sources, so that names and ids agree.
"use strict";

const os = require("node:os");
const { Worker, isMainThread, parentPort, workerData } = require("node:worker_threads");

const PATH_FLAGS = new Set(["--base-path", "--include-path", "--allow-paths"]);
const MAX_THREADS = 4; // each takes up to a gigabyte

/** Splits argv into the one mode asked for and rejects what the wrapper does not do. */
function parseMode(argv) {
  let mode = null;
  for (let i = 0; i < argv.length; i++) {
    const [flag] = argv[i].split("=", 1);
    if (PATH_FLAGS.has(flag)) {
      if (argv[i] === flag) i++; // the value is the next argument
    } else if (flag === "--version" || flag === "--standard-json") {
      mode = flag;
    } else if (argv[i] !== "-") {
      throw new Error(`unsupported argument ${argv[i]}: this wrapper knows --version and --standard-json`);
    }
  }
  return mode;
}

/** Reads all of standard input as UTF-8. */
async function readStdin() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** What is asked for by file, `*` spelled out; the largest file first: a fair guess of how long each takes. */
function requests(input) {
  const selection = input.settings?.outputSelection ?? {};
  const size = (file) => input.sources[file].content?.length ?? 0;
  return Object.keys(input.sources ?? {})
    .map((file) => [file, { ...selection["*"], ...selection[file] }])
    .filter(([, outputs]) => Object.keys(outputs).length > 0)
    .sort(([a], [b]) => size(b) - size(a));
}

/** The input once for each thread, each with a share of the files asked for. */
function shares(input, count) {
  const selections = Array.from({ length: count }, () => ({}));
  requests(input).forEach(([file, outputs], i) => {
    // there and back again, so that no thread gets all the larger ones
    const place = i % (2 * count);
    const share = place < count ? place : 2 * count - 1 - place;
    selections[share][file] = outputs;
  });
  return selections.map((outputSelection) => ({ ...input, settings: { ...input.settings, outputSelection } }));
}

/** Compiles in a thread of its own. */
function compileInThread(input) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: JSON.stringify(input) });
    worker.once("message", (output) => resolve(JSON.parse(output)));
    worker.once("error", reject);
  });
}

/** One output from several of the same sources; each error once. */
function merged(outputs) {
  const errors = new Map(outputs.flatMap((output) => output.errors ?? []).map((e) => [JSON.stringify(e), e]));
  const result = { contracts: {}, sources: {} };
  for (const { contracts = {}, sources = {} } of outputs) {
    for (const [file, found] of Object.entries(contracts)) Object.assign((result.contracts[file] ??= {}), found);
    for (const [file, found] of Object.entries(sources)) Object.assign((result.sources[file] ??= {}), found);
  }
  if (errors.size > 0) result.errors = [...errors.values()];
  return result;
}

/** The input, or nothing where it is no JSON object: what is wrong with it, solc says best. */
function parsed(text) {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

async function compile(text) {
  const input = parsed(text);
  const threads = Math.min(os.availableParallelism(), MAX_THREADS, requests(input).length);
  if (threads < 2) return require("solc").compile(text);
  return JSON.stringify(merged(await Promise.all(shares(input, threads).map(compileInThread))));
}

async function main() {
  const mode = parseMode(process.argv.slice(2));
  if (mode === "--version") {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${require("solc").version()}\n`);
  } else if (mode === "--standard-json") {
    process.stdout.write(`${await compile(await readStdin())}\n`);
  } else {
    throw new Error("say --version or --standard-json");
  }
}

if (isMainThread) {
  main().catch((error) => {
    process.stderr.write(`solc: ${error.message}\n`);
    process.exitCode = 1;
  });
} else {
  parentPort.postMessage(require("solc").compile(workerData));
}
