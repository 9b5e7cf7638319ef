/** One federation: how good its model is, who contributed what, who is in, its money and its rounds. */

import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { counted, integer, percent, plain, quality, tokens } from "../core/format.js";
import { numberIn, paths } from "../core/paths.js";
import { share, stack } from "../parts/bar.js";
import { head } from "../parts/head.js";
import { account, cid, participant, transaction } from "../parts/ids.js";
import { nothing } from "../parts/states.js";
import { table } from "../parts/table.js";
import { badge, facts, fold, foreign, section } from "../parts/text.js";
import { relative } from "../parts/times.js";
import { phase, state } from "../parts/verdicts.js";
import { charter } from "./charter.js";
import { earnings, qualities } from "./series.js";

const ROWS = 25;

export const federation = {
  async load({ fid }, query, signal) {
    const before = numberIn(query, "before");
    const page = `/federations/${fid}/rounds?limit=${ROWS}${before === null ? "" : `&before=${before}`}`;
    const [told, series, rounds] = await Promise.all([
      get(`/federations/${fid}`, signal),
      get(`/federations/${fid}/series`, signal),
      get(page, signal),
    ]);
    return { federation: told, series, rounds, before };
  },
  title: ({ federation: one }) => name(one),
  settled: () => false,
  render: ({ federation: one, series, rounds, before }, status) => [
    top(one, status),
    one.warnings.map((warning) => h("p", { class: "warning", "data-key": warning }, warning)),
    figures(one),
    section(
      "Over the rounds",
      series.round.length
        ? h("div", { class: "charts" }, qualities(one, series), earnings(one, series))
        : nothing("No round has ended yet"),
    ),
    section("Who is in", members(one)),
    section("Budget", budget(one)),
    section("Rounds", roundsOf(one, rounds, before)),
    section(
      "Terms and policy",
      fold(`What rounds are judged by, version ${one.policies.at(-1)?.version ?? 1}`, charter(one, status)),
    ),
  ],
};

function name(one) {
  return one.title ? plain(one.title, 60) : `Federation ${one.fid}`;
}

function top(one, status) {
  return head({
    crumbs: [["Federations", paths.home()]],
    title: one.title ? foreign(one.title, 100) : name(one),
    badges: [state(one.state), one.sealed ? badge("Sealed validation") : badge("Public validation set", "warn")],
    meta: [
      one.description ? foreign(one.description, 400) : null,
      h(
        "span",
        null,
        `Federation ${one.fid}, created by `,
        account(one.sponsor, status),
        " ",
        relative(one.opened_at),
        " in ",
        transaction(one.opened_in),
      ),
      h("span", null, "Model ", cid(one.model, status), " · task ", cid(one.task, status)),
    ],
  });
}

function figures(one) {
  const direction = one.metric && (one.metric.higher_is_better ? "higher is better" : "lower is better");
  const { decimals, symbol } = one.token;
  return facts(
    [
      "Model quality",
      quality(one.quality),
      one.metric ? [foreign(one.metric.name, 40), `, ${direction}`] : "not measured",
    ],
    ["Rounds", `${one.round} of ${one.rounds}`, `${one.rounds_final} final, ${one.rounds_void} void`],
    ["Phase", phase(one.phase), one.phase_ends_at ? ["ends at the latest ", relative(one.phase_ends_at)] : null],
    [
      "Members",
      one.trainers + one.evaluators + one.aggregators,
      [
        counted(one.trainers, "trainer"),
        counted(one.evaluators, "evaluator"),
        counted(one.aggregators, "aggregator"),
      ].join(", "),
    ],
    ["Reward a round", tokens(one.reward, decimals), symbol ? foreign(symbol, 12) : "tokens"],
  );
}

function members(one) {
  if (!one.members.length) return nothing("Nobody has joined yet");
  const { decimals } = one.token;
  const total = one.members.reduce((sum, { earned }) => sum + BigInt(earned), 0n);
  const rows = [...one.members].sort(
    (a, b) => Number(b.until === null) - Number(a.until === null) || compare(b.earned, a.earned),
  );
  return h(
    "div",
    { class: "panel flush" },
    table({
      caption: "Members, by what they earned",
      rows,
      key: ({ operator }) => operator,
      columns: [
        { head: "Member", heading: true, cell: (row) => participant(one.fid, row.operator, row.name) },
        { head: "Roles", cell: ({ roles }) => roles.join(", ") },
        { head: "Earned", number: true, cell: ({ earned }) => tokens(earned, decimals) },
        { head: "Share", cell: ({ earned }) => share(earned, total, percent(earned, total)) },
        { head: "Stake", number: true, cell: ({ stake }) => tokens(stake, decimals) },
        { head: "Rounds", number: true, cell: ({ rounds }) => rounds },
        { head: "Included", number: true, cell: ({ included, roles }) => (roles.includes("trainer") ? included : "–") },
        { head: "Faults", number: true, cell: ({ faults }) => (faults ? badge(faults, "bad") : 0) },
        {
          head: "In since round",
          cell: ({ since, until }) => (until === null ? since : `${since}, left after ${until}`),
        },
      ],
    }),
  );
}

function compare(one, other) {
  return Number(BigInt(one) > BigInt(other)) - Number(BigInt(one) < BigInt(other));
}

function budget({ budget: { free, reserved, owed }, token: { decimals } }) {
  return h(
    "div",
    { class: "panel" },
    stack("Budget", [
      ["free for further rounds", free, tokens(free, decimals)],
      ["reserved for the running round", reserved, tokens(reserved, decimals)],
      ["owed to members", owed, tokens(owed, decimals)],
    ]),
  );
}

function roundsOf(one, { rounds, next }, before) {
  if (!rounds.length) return nothing("No round has opened yet");
  return [
    h(
      "div",
      { class: "panel flush" },
      table({ caption: "Rounds, the newest first", rows: rounds, key: ({ round }) => round, columns: columns(one) }),
    ),
    h(
      "p",
      { class: "actions" },
      before === null ? null : h("a", { href: paths.federation(one.fid) }, "Newest rounds"),
      next === null ? null : h("a", { href: paths.federation(one.fid, next) }, "Older rounds"),
    ),
  ];
}

function columns({ fid, token: { decimals } }) {
  return [
    { head: "Round", heading: true, cell: ({ round }) => h("a", { href: paths.round(fid, round) }, `Round ${round}`) },
    {
      head: "State",
      cell: (row) => [
        state(row.state),
        " ",
        row.state === "open" && row.phase ? phase(row.phase) : null,
        row.void ? h("small", null, row.void) : null,
      ],
    },
    { head: "Quality", number: true, cell: (row) => quality(row.quality) },
    {
      head: "Included",
      number: true,
      cell: (row) => (row.included === null ? `– of ${row.revealed}` : `${row.included} of ${row.revealed}`),
    },
    { head: "Evaluators", number: true, cell: (row) => row.evaluators },
    { head: "Paid", number: true, cell: (row) => tokens(row.earned, decimals) },
    {
      head: "Disputes",
      number: true,
      cell: (row) => (row.convictions ? badge(counted(row.convictions, "conviction"), "bad") : row.disputes),
    },
    { head: "Gas", number: true, cell: ({ gas }) => integer(gas) },
    { head: "Opened", cell: (row) => relative(row.opened_at) },
  ];
}
