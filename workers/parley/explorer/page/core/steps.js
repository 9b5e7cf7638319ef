/** What was done in a round, in the order of the chain. Pure. */

const NAMES = {
  UpdateCommitted: "Update committed",
  UpdateRevealed: "Update revealed",
  ScoresCommitted: "Scores committed",
  ScoresRevealed: "Scores revealed",
  RoundOpened: "Round opened",
  SeedCaptured: "Seed captured",
  ValidationOpened: "Validation shard opened",
  Settled: "Settlement posted",
  Convicted: "Settlement convicted",
  Demanded: "Node demanded",
  Supplied: "Node supplied",
  ClipDisproved: "Trainer slashed",
  RoundFinalized: "Round final",
  RoundVoided: "Round void",
};

/** Which phase a step belongs to; the others belong to none. */
const PHASES = {
  UpdateCommitted: "train",
  UpdateRevealed: "reveal",
  ValidationOpened: "key",
  ScoresCommitted: "score commit",
  ScoresRevealed: "score reveal",
  Settled: "settle",
  Convicted: "settle",
  Demanded: "challenge",
  Supplied: "challenge",
  RoundFinalized: "challenge",
};

/** All steps of a round: { name, phase, who, time, block, transaction, index } each; who is null where it is anybody. */
export function stepsOf(round) {
  const all = [
    told(round.opened, null),
    told(round.seed?.step, null),
    told(round.key, null),
    told(round.ended, null),
    ...[...round.updates, ...round.panel].flatMap(({ operator, commitments, revealed }) =>
      [...commitments, revealed].map((step) => told(step, operator)),
    ),
    ...round.updates.map(({ slashed }) => told(slashed, slashed?.by)),
    ...round.settlements.flatMap(({ aggregator, step, fell, disputed }) => [
      told(step, aggregator),
      ...disputed.map((act) => told(act, act.by)),
      told(fell?.step, fell?.prover),
    ]),
  ];
  return all.filter(Boolean).sort((one, other) => one.block - other.block || one.index - other.index);
}

/** The transactions of a round with what each did and its gas, null where that is not known; in the order of the chain. */
export function transactionsOf(round) {
  const found = new Map();
  for (const step of stepsOf(round)) {
    const known = found.get(step.transaction) ?? { ...step, names: [], gas: round.gas[step.transaction] ?? null };
    found.set(step.transaction, { ...known, names: [...known.names, step.name], who: known.who ?? step.who });
  }
  const others = Object.entries(round.gas).filter(([hash]) => !found.has(hash));
  return [
    ...found.values(),
    ...others.map(([transaction, gas]) => ({ transaction, gas, names: ["Dispute"], who: null, time: null })),
  ];
}

/** Gas by what it was spent on, the most first: { name, count, gas }. */
export function gasByKind(transactions) {
  const kinds = new Map();
  for (const { names, gas } of transactions) {
    const name = names.join(", ").toLowerCase();
    const { count, sum } = kinds.get(name) ?? { count: 0, sum: 0 };
    kinds.set(name, { count: count + 1, sum: sum + (gas ?? 0) });
  }
  return [...kinds]
    .map(([name, { count, sum }]) => ({ name, count, gas: sum }))
    .sort((one, other) => other.gas - one.gas);
}

function told(step, who) {
  if (!step) return null;
  const { event, block, time, transaction, log_index: index } = step;
  return {
    name: NAMES[event] ?? event,
    phase: PHASES[event] ?? null,
    who: who ?? null,
    block,
    time,
    transaction,
    index,
  };
}
