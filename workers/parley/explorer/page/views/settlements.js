/** The settlements of a round, how those fell that fell, and what was demanded of them. */

import { h } from "../core/dom.js";
import { counted, integer, tokens } from "../core/format.js";
import { account, cid, digest, participant, transaction } from "../parts/ids.js";
import { table } from "../parts/table.js";
import { badge, details, fold } from "../parts/text.js";
import { full, relative } from "../parts/times.js";

/** All of them, in the order of the chain. */
export function settlements(round, decimals, status) {
  return h(
    "ul",
    { class: "panel list" },
    round.settlements.map((posted) =>
      h(
        "li",
        { "data-key": posted.hash },
        h(
          "div",
          { class: "title" },
          h(
            "h3",
            null,
            "Turn ",
            posted.turn,
            ", by ",
            participant(round.fid, posted.aggregator, round.names[posted.aggregator]),
          ),
          standing(round, posted),
        ),
        posted.fell ? fall(round, posted.fell, status) : contradiction(round),
        h(
          "p",
          null,
          `Pays ${tokens(posted.earned, decimals)} in all. Posted in `,
          transaction(posted.step.transaction),
          " ",
          relative(posted.step.time),
          posted.fell ? null : [`; its challenge ${round.ended ? "ended" : "ends"} `, relative(posted.final_at)],
          ".",
        ),
        fold("What it says", details(contents(posted, status))),
        posted.demands.length
          ? fold(`${counted(posted.demands.length, "demand")} for its data`, demands(posted.demands, status))
          : null,
      ),
    ),
  );
}

function standing(round, { fell }) {
  if (fell) return badge("Convicted", "bad");
  if (round.contradicted.length) return badge("Wrong", "bad");
  return round.state === "final" ? badge("Final", "good") : badge("Posted", "accent");
}

/** What of the standing settlement is not what the votes come to. */
function contradiction({ contradicted, state }) {
  if (!contradicted.length) return null;
  const then = state === "final" ? "Nobody disproved it in time." : "Anybody can disprove it until it is final.";
  return h(
    "p",
    null,
    `It is wrong in its ${contradicted.join(", ")}: the revealed votes come to something else. ${then}`,
  );
}

function fall(round, { step, prover, unanswered }, status) {
  const who =
    prover === null
      ? "All of the bond was burned."
      : round.names[prover]
        ? participant(round.fid, prover, round.names[prover])
        : account(prover, status);
  return h(
    "p",
    null,
    unanswered ? "It fell because a demand for its data was not answered in time" : "It was disproved",
    " in ",
    transaction(step.transaction),
    " ",
    relative(step.time),
    prover === null ? ". " : ". Half of the bond went to ",
    who,
  );
}

function contents(posted, status) {
  return [
    ["model", cid(posted.model_cid, status)],
    ["model root", digest(posted.model_root, "root")],
    ["row root", digest(posted.row_root, "root")],
    ["reward root", digest(posted.reward_root, "root")],
    ["norm", integer(posted.norm)],
    ["settlement hash", digest(posted.hash, "hash")],
    ["medians, on the wire", h("code", { class: "long" }, posted.medians)],
    ["challenge ends", full(posted.final_at)],
  ];
}

function demands(list, status) {
  return table({
    caption: "Demands",
    rows: list,
    key: ({ node }) => JSON.stringify(node),
    columns: [
      {
        head: "Node",
        heading: true,
        cell: ({ node }) => `${node.tree} tree, level ${node.level}, index ${integer(node.index)}`,
      },
      { head: "Asked by", cell: ({ demander }) => account(demander, status) },
      { head: "Until", cell: ({ deadline }) => relative(deadline) },
      {
        head: "Answered by",
        cell: ({ supplier, content }) =>
          supplier ? account(supplier, status) : content === null ? badge("open", "warn") : "–",
      },
    ],
  });
}
