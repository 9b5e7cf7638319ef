/** The updates of a round and the evaluators who judged them, each with its transactions. */

import { h } from "../core/dom.js";
import { integer, tokens } from "../core/format.js";
import { cid, digest, participant, transaction } from "../parts/ids.js";
import { table } from "../parts/table.js";
import { badge, details, fold } from "../parts/text.js";
import { relative } from "../parts/times.js";
import { verdict } from "../parts/verdicts.js";

/** What became of each update, why, and where to check it. */
export function updates(round, decimals, status) {
  return h(
    "ul",
    { class: "panel list" },
    round.updates.map((update) =>
      h(
        "li",
        { "data-key": update.operator },
        h(
          "div",
          { class: "title" },
          h("h3", null, participant(round.fid, update.operator, round.names[update.operator])),
          verdict(update.verdict),
          update.clipped ? badge("Slashed: beyond the clip", "bad") : null,
          update.earned === "0" ? null : h("strong", { class: "beside" }, `+ ${tokens(update.earned, decimals)}`),
        ),
        update.slashed ? slash(round, update.slashed) : null,
        round.reasons[update.operator] ? h("p", null, round.reasons[update.operator]) : null,
        fold("Commitment, reveal and content", details(evidence(update, status))),
      ),
    ),
  );
}

function slash(round, { by, ...step }) {
  const prover = by === null ? null : [", by ", participant(round.fid, by, round.names[by])];
  return h("p", null, "Proved to be beyond the clip in ", at(step), prover, ".");
}

function evidence(update, status) {
  return [
    ...update.commitments.map((step, place) => [
      place + 1 < update.commitments.length ? "committed, replaced later" : "committed",
      at(step),
    ]),
    ["commitment", digest(update.commitment, "commitment")],
    ["revealed", update.revealed ? at(update.revealed) : "never"],
    update.index === null ? null : ["reveal index", update.index],
    update.cid ? ["content", cid(update.cid, status)] : null,
    update.root ? ["word root", digest(update.root, "root")] : null,
    update.score === null ? null : ["settled score", integer(update.score)],
    update.scale === null ? null : ["settled scale", update.scale ? `${integer(update.scale)} of 65,536` : "none"],
  ];
}

/** The evaluators: their norm, how well their votes predicted the settled scores, and what that earned. */
export function panel(round, decimals) {
  return h(
    "div",
    { class: "panel flush" },
    table({
      caption: "Evaluators of this round",
      rows: round.panel,
      key: ({ operator }) => operator,
      columns: [
        {
          head: "Evaluator",
          heading: true,
          cell: ({ operator }) => participant(round.fid, operator, round.names[operator]),
        },
        { head: "Seat", number: true, cell: ({ seat }) => seat ?? "–" },
        { head: "Committed", cell: ({ commitments }) => (commitments.length ? at(commitments.at(-1)) : "–") },
        { head: "Revealed", cell: ({ revealed }) => (revealed ? at(revealed) : badge("never", "warn")) },
        { head: "Norm", number: true, cell: ({ norm }) => (norm === null ? "–" : integer(norm)) },
        { head: "Quality of votes", number: true, cell: ({ quality }) => (quality === null ? "–" : integer(quality)) },
        { head: "Earned", number: true, cell: ({ earned }) => tokens(earned, decimals) },
      ],
    }),
  );
}

function at(step) {
  return h("span", null, transaction(step.transaction), " ", relative(step.time));
}
