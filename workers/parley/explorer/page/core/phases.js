/** A round's phases on a common scale of time. Pure. */

/**
 * The scale and the lanes of a time line.
 *
 * A round that is over is shown up to its end, so that deadlines far behind it do not crowd what happened; `cut` marks the
 * lanes that they would reach beyond. An open one is shown up to its last deadline. Returns { from, to, lanes } with
 * times in seconds; a lane: { phase, start, stop (up to which it was used), deadline, cut, state ("over", "running",
 * "ahead"), early, acted, expected }.
 */
export function linesOf(round, steps, now) {
  const from = round.opened.time;
  const open = round.ended === null;
  const lanes = round.windows.map((window) => lane(window, open, now));
  const ends = lanes.flatMap(({ stop, deadline }) => (open && deadline !== null ? [stop, deadline] : [stop]));
  const to = Math.max(from + 1, ...ends, ...steps.map(({ time }) => time));
  return { from, to, lanes: lanes.map((one) => ({ ...one, cut: one.deadline !== null && one.deadline > to })) };
}

function lane({ phase, start, deadline, end, early, acted, expected }, open, now) {
  const over = end !== null && (!open || end <= now);
  const state = over ? "over" : start <= now ? "running" : "ahead";
  const stop = { over: end, running: now, ahead: start }[state];
  return { phase, start, stop, deadline, state, early, acted, expected };
}
