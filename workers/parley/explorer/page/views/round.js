/** One round: its phases in time, who scored what, what became of every update, settlements, rewards and gas. */

import { get } from "../core/api.js";
import { now } from "../core/clock.js";
import { h } from "../core/dom.js";
import { counted, integer, percent, quality, tokens } from "../core/format.js";
import { paths } from "../core/paths.js";
import { gasByKind, transactionsOf } from "../core/steps.js";
import { share } from "../parts/bar.js";
import { head } from "../parts/head.js";
import { cid, digest, participant, transaction } from "../parts/ids.js";
import { matrix } from "../parts/matrix.js";
import { nothing } from "../parts/states.js";
import { table } from "../parts/table.js";
import { facts, fold, foreign, section } from "../parts/text.js";
import { moment, relative } from "../parts/times.js";
import { timeline } from "../parts/timeline.js";
import { phase, state } from "../parts/verdicts.js";
import { panel, updates } from "./roundparts.js";
import { settlements } from "./settlements.js";

export const round = {
  async load({ fid, number }, _query, signal) {
    const [told, one] = await Promise.all([
      get(`/federations/${fid}/rounds/${number}`, signal),
      get(`/federations/${fid}`, signal),
    ]);
    return { round: told, federation: { fid, title: one.title, token: one.token } };
  },
  title: ({ round: one, federation: { title } }) => `Round ${one.number}, ${title ?? `federation ${one.fid}`}`,
  settled: ({ round: one }) => one.ended !== null && one.next !== null,
  ages: ({ round: one }) => one.ended === null,
  render({ round: one, federation }, status) {
    const { decimals } = federation.token;
    return [
      top(one, federation),
      figures(one, federation),
      section("Time line", timeline(one, now())),
      section(
        "Scores",
        one.updates.some(({ votes }) => votes.length)
          ? matrix(one)
          : nothing(one.ended ? "No scores were revealed" : "No scores yet"),
      ),
      section(
        "Updates",
        one.updates.length
          ? updates(one, decimals, status)
          : nothing(one.ended ? "No update was committed" : "No update yet"),
      ),
      section(
        "Evaluators",
        one.panel.length
          ? panel(one, decimals)
          : nothing(one.ended ? "No evaluator committed" : "No evaluator has committed yet"),
      ),
      section(
        "Settlement",
        one.settlements.length
          ? settlements(one, decimals, status)
          : nothing(one.ended ? "No settlement was posted" : "No settlement yet"),
      ),
      Object.keys(one.earned).length ? section("Rewards", rewards(one, decimals)) : null,
      section("Gas and transactions", gas(one)),
      section("Keys and draws", draws(one, status)),
    ];
  },
};

function top(one, { fid, title }) {
  return head({
    crumbs: [
      ["Federations", paths.home()],
      [title ? foreign(title, 40) : `Federation ${fid}`, paths.federation(fid)],
    ],
    title: `Round ${one.number}`,
    badges: [state(one.state)],
    links: [
      one.previous === null
        ? null
        : h("a", { href: paths.round(fid, one.previous), rel: "prev" }, `← Round ${one.previous}`),
      one.next === null ? null : h("a", { href: paths.round(fid, one.next), rel: "next" }, `Round ${one.next} →`),
    ].filter(Boolean),
    meta: [
      h(
        "span",
        null,
        "Opened ",
        moment(one.opened.time),
        " (",
        relative(one.opened.time),
        ") in ",
        transaction(one.opened.transaction),
      ),
      one.ended ? h("span", null, "Ended ", moment(one.ended.time), " in ", transaction(one.ended.transaction)) : null,
      one.void
        ? h(
            "strong",
            { class: "warn" },
            one.ended
              ? `Void: ${one.void}. Stakes are free, the reward went back, model and rewards stay as they were.`
              : `May be called void: ${one.void}.`,
          )
        : null,
    ],
  });
}

function figures(one, { token: { decimals, symbol } }) {
  const revealed = one.updates.filter(({ revealed: step }) => step !== null).length;
  const included = one.updates.filter(({ score }) => score).length;
  const settled = one.norm !== null;
  const paid = Object.values(one.earned).reduce((sum, wei) => sum + BigInt(wei), 0n);
  return facts(
    one.ended
      ? null
      : ["Phase", phase(one.phase), one.next_event_at ? ["ends at the latest ", relative(one.next_event_at)] : null],
    [
      "Included",
      settled ? `${included} of ${revealed}` : "–",
      `${counted(one.updates.length, "update")} committed, ${revealed} revealed`,
    ],
    ["Model quality", quality(one.quality), one.quality === null ? "not measured" : "on this round's shard"],
    ["Paid", tokens(paid, decimals), symbol ? foreign(symbol, 12) : "tokens"],
    ["Evaluators", one.panel.filter(({ seat }) => seat !== null).length, `${one.panel.length} committed`],
    ["Gas", integer(one.gas_total), counted(Object.keys(one.gas).length, "transaction")],
  );
}

function rewards(one, decimals) {
  const total = Object.values(one.earned).reduce((sum, wei) => sum + BigInt(wei), 0n);
  const roles = (who) =>
    [
      one.updates.some(({ operator }) => operator === who) ? "trainer" : null,
      one.panel.some(({ operator }) => operator === who) ? "evaluator" : null,
      one.settlements.some(({ aggregator, fell }) => aggregator === who && !fell) ? "aggregator" : null,
    ]
      .filter(Boolean)
      .join(", ");
  const rows = Object.entries(one.earned).sort(([, a], [, b]) => (BigInt(a) < BigInt(b) ? 1 : -1));
  return h(
    "div",
    { class: "panel flush" },
    table({
      caption: "Who earned what in this round",
      rows,
      key: ([who]) => who,
      columns: [
        { head: "Operator", heading: true, cell: ([who]) => participant(one.fid, who, one.names[who]) },
        { head: "As", cell: ([who]) => roles(who) },
        { head: "Share", cell: ([, wei]) => share(wei, total, percent(wei, total)) },
        { head: "Earned", number: true, cell: ([, wei]) => tokens(wei, decimals) },
      ],
    }),
  );
}

function gas(one) {
  const all = transactionsOf(one);
  const kinds = gasByKind(all);
  return h(
    "div",
    { class: "panel flush" },
    table({
      caption: "Gas by what it was spent on",
      rows: kinds,
      key: ({ name }) => name,
      columns: [
        { head: "What", heading: true, cell: ({ name }) => name.charAt(0).toUpperCase() + name.slice(1) },
        { head: "Transactions", number: true, cell: ({ count }) => count },
        { head: "Share of the gas", cell: (row) => share(row.gas, one.gas_total, percent(row.gas, one.gas_total)) },
        { head: "Gas", number: true, cell: (row) => integer(row.gas) },
      ],
    }),
    fold(
      `Every transaction (${all.length})`,
      table({
        caption: "Transactions in the order of the chain",
        rows: all,
        key: ({ transaction: hash }) => hash,
        columns: [
          { head: "When", cell: ({ time }) => (time === null ? "–" : moment(time)) },
          { head: "What", heading: true, cell: ({ names }) => names.join(", ") },
          { head: "By", cell: ({ who }) => (who === null ? "–" : participant(one.fid, who, one.names[who])) },
          { head: "Transaction", cell: ({ transaction: hash }) => transaction(hash) },
          { head: "Gas", number: true, cell: (row) => (row.gas === null ? elsewhere(one, row) : integer(row.gas)) },
        ],
      }),
    ),
  );
}

/** The transaction that ended the round before may have opened this one; its gas counts there. */
function elsewhere(one, { transaction: hash }) {
  return hash === one.opened.transaction && one.previous !== null ? `in round ${one.previous}` : "–";
}

function draws(one, status) {
  const rows = [
    ["Policy", `version ${one.version}`, null],
    ["Seed of seats and turns", one.seed ? digest(one.seed.seed, "seed") : "not captured yet", one.seed?.step],
    one.key || one.shard ? ["Validation shard", one.shard ? cid(one.shard, status) : "opened", one.key] : null,
    ["Settled norm", one.norm === null ? "–" : integer(one.norm), null],
  ].filter(Boolean);
  return h(
    "div",
    { class: "panel flush" },
    table({
      caption: "What the round was drawn and judged with",
      rows,
      key: ([name]) => name,
      columns: [
        { head: "What", heading: true, cell: ([name]) => name },
        { head: "Value", cell: ([, value]) => value },
        {
          head: "Transaction",
          cell: ([, , step]) => (step ? [transaction(step.transaction), " ", relative(step.time)] : "–"),
        },
      ],
    }),
  );
}
