// Command line of solc-js with the flags of the native compiler that tools use: --version and --standard-json.
// Path flags (--base-path, --include-path, --allow-paths) are accepted and ignored: in standard JSON every source
// is in the input, and nothing is ever read from disk.
"use strict";

const solc = require("solc");

const PATH_FLAGS = new Set(["--base-path", "--include-path", "--allow-paths"]);

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

async function main() {
  const mode = parseMode(process.argv.slice(2));
  if (mode === "--version") {
    process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
  } else if (mode === "--standard-json") {
    process.stdout.write(`${solc.compile(await readStdin())}\n`);
  } else {
    throw new Error("say --version or --standard-json");
  }
}

main().catch((error) => {
  process.stderr.write(`solc: ${error.message}\n`);
  process.exitCode = 1;
});
