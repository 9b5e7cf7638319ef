import assert from "node:assert/strict";
import test from "node:test";

import { linesOf } from "../../../workers/parley/explorer/page/core/phases.js";

const window = (phase, start, deadline, end, more = {}) => ({
  phase,
  start,
  deadline,
  end,
  early: false,
  acted: 0,
  expected: 3,
  ...more,
});
const windows = [
  window("train", 100, 400, 120, { early: true, acted: 3 }),
  window("reveal", 120, 220, 220),
  window("settle", 220, null, null, { expected: null }),
];

test("linesOf: a round that is over ends at its last step, deadlines behind that are cut", () => {
  const ended = windows.map((one) => ({ ...one, end: one.end ?? 230 }));
  const { from, to, lanes } = linesOf({ opened: { time: 100 }, ended: { time: 235 }, windows: ended }, [{ time: 235 }], 9999);
  assert.deepEqual([from, to], [100, 235]);
  assert.deepEqual(
    lanes.map(({ phase, state, stop, cut }) => [phase, state, stop, cut]),
    [
      ["train", "over", 120, true],
      ["reveal", "over", 220, false],
      ["settle", "over", 230, false],
    ],
  );
});

test("linesOf: an open round reaches to its last deadline, what runs is used up to now", () => {
  const { to, lanes } = linesOf({ opened: { time: 100 }, ended: null, windows }, [], 150);
  assert.equal(to, 400);
  assert.deepEqual(
    lanes.map(({ phase, state, stop, cut }) => [phase, state, stop, cut]),
    [
      ["train", "over", 120, false],
      ["reveal", "running", 150, false],
      ["settle", "ahead", 220, false],
    ],
  );
});

test("linesOf: a round that just opened has a length", () => {
  const { from, to } = linesOf({ opened: { time: 100 }, ended: null, windows: [] }, [], 100);
  assert.equal(to, from + 1);
});
