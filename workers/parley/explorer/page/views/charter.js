/** What a federation is judged by: its terms, which never change, and the policy of its next round (P-7). */

import { h } from "../core/dom.js";
import { basisPoints, integer, length, tokens } from "../core/format.js";
import { account, cid, digest, transaction } from "../parts/ids.js";
import { table } from "../parts/table.js";
import { details } from "../parts/text.js";
import { moment } from "../parts/times.js";

const WINDOWS = ["train", "reveal", "key", "score_commit", "score_reveal", "settle", "challenge", "supply"];

/** Terms, policy and the versions of it. */
export function charter(one, status) {
  return h(
    "div",
    { class: "charter" },
    h("h3", null, "Terms"),
    details(terms(one, status)),
    h("h3", null, "Policy of the next round"),
    details(policy(one)),
    h("h3", null, "Windows"),
    details(WINDOWS.map((name) => [name.replace("_", " "), length(one.policy[name])])),
    h("h3", null, "Versions"),
    versions(one),
  );
}

function terms({ terms: t, token }, status) {
  return [
    ["rounds", t.rounds],
    ["parameters", integer(t.params)],
    ["step of a parameter", `2^-${t.frac_bits}`],
    ["admission", t.admission],
    ["members at most", integer(2 ** t.reward_depth)],
    ["task", cid(t.task, status)],
    ["first model", cid(t.model, status)],
    ["its root", digest(t.model_root, "root")],
    ["validation anchor", digest(t.anchor, "anchor")],
    ["token", account(token.address, status)],
  ];
}

function policy({ policy: p, token: { decimals } }) {
  const amount = (wei) => tokens(wei, decimals);
  return [
    ["reward a round", amount(p.reward)],
    ["of it to trainers", basisPoints(p.trainers_bps)],
    ["of it to evaluators", basisPoints(p.evaluators_bps)],
    ["rule", p.rule],
    ["trimmed at each end", basisPoints(p.trim_bps)],
    ["server momentum", (p.beta / 65536).toLocaleString("en")],
    ["trainers", `${p.min_trainers} to ${p.max_trainers}`],
    ["evaluator seats", `${p.seats}, ${p.quorum} at least`],
    ["stake of a trainer", amount(p.trainer_stake)],
    ["stake of an evaluator", amount(p.evaluator_stake)],
    ["stake of an aggregator", amount(p.aggregator_stake)],
    ["bond of a settlement", amount(p.bond)],
    ["clip", integer(p.clip)],
    ["slash beyond the clip", amount(p.clip_slash)],
    ["first norm", integer(p.initial_norm)],
  ];
}

function versions({ policies }) {
  return table({
    caption: "Versions of the policy",
    rows: policies,
    key: ({ version }) => version,
    columns: [
      { head: "Version", heading: true, cell: ({ version }) => version },
      { head: "Since", cell: ({ time }) => moment(time) },
      { head: "Block", number: true, cell: ({ block }) => integer(block) },
      { head: "Transaction", cell: ({ transaction: hash }) => transaction(hash) },
    ],
  });
}
