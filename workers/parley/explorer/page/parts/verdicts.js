/** Words for states, phases and verdicts. */

import { badge } from "./text.js";

const VERDICTS = {
  paid: ["Paid", "good"],
  useless: ["Included, unpaid", "calm"],
  outvoted: ["Left out", "bad"],
  unavailable: ["Unavailable", "bad"],
  too_few_votes: ["Too few votes", "warn"],
  not_revealed: ["Not revealed", "warn"],
  unsettled: ["Not settled", "calm"],
};
const STATES = {
  open: ["Open", "accent"],
  running: ["Running", "accent"],
  final: ["Final", "good"],
  void: ["Void", "warn"],
  idle: ["Idle", "calm"],
  closed: ["Closed", "calm"],
};

/** What became of an update. */
export function verdict(name) {
  return badge(...(VERDICTS[name] ?? [name]));
}

/** Where a federation or a round stands. */
export function state(name) {
  return badge(...(STATES[name] ?? [name]));
}

/** A phase as a heading has it: "Score commit". */
export function phase(name) {
  return name === null ? "–" : name.charAt(0).toUpperCase() + name.slice(1);
}
