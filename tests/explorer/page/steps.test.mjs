import assert from "node:assert/strict";
import test from "node:test";

import { gasByKind, stepsOf, transactionsOf } from "../../../workers/parley/explorer/page/core/steps.js";

const step = (event, block, transaction, log_index = 0) => ({ event, block, time: 1000 + block, transaction, log_index });

const round = {
  opened: step("RoundOpened", 1, "0x01"),
  seed: { step: step("SeedCaptured", 2, "0x02", 0), seed: "0x" },
  key: null,
  ended: step("RoundFinalized", 9, "0x09"),
  updates: [
    { operator: "A", commitments: [step("UpdateCommitted", 2, "0x02", 1), step("UpdateCommitted", 3, "0x03")], revealed: null },
    {
      operator: "B",
      commitments: [step("UpdateCommitted", 2, "0x04", 2)],
      revealed: step("UpdateRevealed", 5, "0x05"),
      slashed: { ...step("ClipDisproved", 8, "0x0a", 1), by: "W" },
    },
  ],
  panel: [],
  settlements: [
    {
      aggregator: "G",
      step: step("Settled", 6, "0x06"),
      fell: { step: step("Convicted", 7, "0x07"), prover: "W" },
      disputed: [
        { ...step("Demanded", 6, "0x0b", 1), by: "D" },
        { ...step("Supplied", 6, "0x0c", 2), by: "S" },
      ],
    },
    { aggregator: "H", step: step("Settled", 8, "0x08"), fell: null, disputed: [] },
  ],
  gas: { "0x01": 10, "0x02": 20, "0x03": 30, "0x04": 40, "0x05": 50, "0x06": 60, "0x07": 70, "0x08": 80, "0xff": 5 },
};

test("stepsOf: in the order of the chain, with who did it and in which phase", () => {
  const told = stepsOf(round).map(({ name, who, phase }) => [name, who, phase]);
  assert.deepEqual(told, [
    ["Round opened", null, null],
    ["Seed captured", null, null],
    ["Update committed", "A", "train"],
    ["Update committed", "B", "train"],
    ["Update committed", "A", "train"],
    ["Update revealed", "B", "reveal"],
    ["Settlement posted", "G", "settle"],
    ["Node demanded", "D", "challenge"],
    ["Node supplied", "S", "challenge"],
    ["Settlement convicted", "W", "settle"],
    ["Settlement posted", "H", "settle"],
    ["Trainer slashed", "W", null],
    ["Round final", null, "challenge"],
  ]);
});

test("transactionsOf: one entry for each, those without a step last, gas null where it is not known", () => {
  const all = transactionsOf(round);
  assert.deepEqual(
    all.map(({ transaction, gas }) => [transaction, gas]),
    [
      ...["0x01", "0x02", "0x04", "0x03", "0x05", "0x06"].map((hash) => [hash, round.gas[hash]]),
      ["0x0b", null],
      ["0x0c", null],
      ...["0x07", "0x08"].map((hash) => [hash, round.gas[hash]]),
      ["0x0a", null],
      ["0x09", null],
      ["0xff", 5],
    ],
  );
  assert.deepEqual(all[1].names, ["Seed captured", "Update committed"]);
  assert.equal(all[1].who, "A");
  const slashed = all.find(({ transaction }) => transaction === "0x0a");
  assert.deepEqual([slashed.names, slashed.who, slashed.time], [["Trainer slashed"], "W", 1008], "before its gas is known");
});

test("gasByKind: the most first, and all of it", () => {
  const kinds = gasByKind(transactionsOf(round));
  assert.deepEqual(kinds[0], { name: "settlement posted", count: 2, gas: 140 });
  assert.equal(kinds.reduce((sum, { gas }) => sum + gas, 0), Object.values(round.gas).reduce((sum, gas) => sum + gas));
});
