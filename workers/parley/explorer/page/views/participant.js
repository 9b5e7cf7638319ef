/** One participant of a federation: what it holds, what it earned, what it did and failed to do. */

import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { counted, drawn, exactTokens, integer, plain, short, tokens } from "../core/format.js";
import { numberIn, paths } from "../core/paths.js";
import { stack } from "../parts/bar.js";
import { chart } from "../parts/chart.js";
import { head } from "../parts/head.js";
import { account, cid, copy } from "../parts/ids.js";
import { nothing } from "../parts/states.js";
import { table } from "../parts/table.js";
import { badge, details, facts, foreign, section } from "../parts/text.js";
import { phase, state, verdict } from "../parts/verdicts.js";

const ROWS = 50;

export const participant = {
  async load({ fid, address }, query, signal) {
    const before = numberIn(query, "before");
    const page = `/federations/${fid}/participants/${address}?limit=${ROWS}${before === null ? "" : `&before=${before}`}`;
    const [told, one] = await Promise.all([get(page, signal), get(`/federations/${fid}`, signal)]);
    return { participant: told, federation: { fid, title: one.title }, before };
  },
  title: ({ participant: one }) => (one.name ? plain(one.name, 60) : short(one.operator)),
  settled: () => false,
  render: ({ participant: one, federation, before }, status) => [
    top(one, federation, status),
    figures(one),
    one.totals.earned === "0" ? null : section("Earned", earnings(one)),
    section("Money", money(one)),
    section("History", one.history.length ? history(one, before) : nothing("It has not acted in any round yet")),
    section("Identity", h("div", { class: "panel" }, details(identity(one, status)))),
  ],
};

function top(one, { fid, title }, status) {
  const roles = one.roles.length ? one.roles.map((role) => badge(phase(role), "accent")) : [badge("Former member")];
  return head({
    crumbs: [
      ["Federations", paths.home()],
      [title ? foreign(title, 40) : `Federation ${fid}`, paths.federation(fid)],
    ],
    title: one.name ? foreign(one.name, 80) : short(one.operator),
    badges: roles,
    meta: [
      h("span", { class: "id" }, h("code", { class: "long" }, one.operator), copy(one.operator, "address")),
      one.metadata ? h("span", null, "Describes itself in ", cid(one.metadata, status)) : null,
    ],
  });
}

function figures({ totals: t, token: { decimals, symbol } }) {
  const faults = t.convicted || t.slashed !== "0";
  return facts(
    ["Earned", tokens(t.earned, decimals), symbol ? foreign(symbol, 12) : "tokens"],
    t.trained ? ["Included", `${t.included} of ${t.trained}`, `${counted(t.left_out, "update")} left out`] : null,
    t.evaluated ? ["Evaluated", t.evaluated, t.evaluated === 1 ? "round" : "rounds"] : null,
    t.settled || t.convicted ? ["Settled", t.settled, t.settled === 1 ? "round" : "rounds"] : null,
    [
      "Faults",
      t.convicted ? counted(t.convicted, "conviction") : faults ? "Slashed" : "None",
      t.slashed === "0" ? null : `${tokens(t.slashed, decimals)} lost`,
    ],
  );
}

function earnings({ fid, history: deeds, token: { decimals } }) {
  const rows = [...deeds].reverse();
  return chart({
    title: "Earned by round",
    summary: `Whole tokens in all roles, over the ${counted(rows.length, "round")} listed below.`,
    config: (colours, options) => {
      options.scales.y.beginAtZero = true;
      options.onClick = ({ native }, elements) => {
        if (elements.length)
          native.target.dispatchEvent(
            new CustomEvent("open", { bubbles: true, detail: paths.round(fid, rows[elements[0].index].round) }),
          );
      };
      options.plugins.tooltip.callbacks = {
        title: ([{ label }]) => `Round ${label}`,
        label: ({ dataIndex: at }) => ` ${tokens(rows[at].earned, decimals)}`,
      };
      return {
        type: "bar",
        data: {
          labels: rows.map(({ round }) => round),
          datasets: [
            {
              data: rows.map(({ earned }) => drawn(earned, decimals)),
              backgroundColor: colours.accent,
              borderRadius: 3,
              maxBarThickness: 40,
            },
          ],
        },
      };
    },
    data: {
      rows,
      key: ({ round }) => round,
      columns: [
        { head: "Round", heading: true, cell: ({ round }) => h("a", { href: paths.round(fid, round) }, round) },
        { head: "Earned", number: true, cell: ({ earned }) => exactTokens(earned, decimals) },
      ],
    },
  });
}

function money({ totals: t, stake, token: { decimals } }) {
  const amount = (wei) => tokens(wei, decimals);
  return h(
    "div",
    { class: "charts" },
    h(
      "div",
      { class: "panel" },
      h("h3", null, "Rewards"),
      stack("Rewards", [
        ["claimed", t.claimed, amount(t.claimed)],
        ["due, not claimed yet", t.due, amount(t.due)],
      ]),
    ),
    h(
      "div",
      { class: "panel" },
      h("h3", null, "Stake"),
      stack("Stake", [
        ["locked", stake.locked, amount(stake.locked)],
        ["free", stake.free, amount(stake.free)],
      ]),
    ),
  );
}

function history({ fid, operator, history: deeds, next, token: { decimals } }, before) {
  return [
    h(
      "div",
      { class: "panel flush" },
      table({
        caption: "What it did, the newest round first",
        rows: deeds,
        key: ({ round }) => round,
        columns: [
          {
            head: "Round",
            heading: true,
            cell: ({ round }) => h("a", { href: paths.round(fid, round) }, `Round ${round}`),
          },
          { head: "State", cell: (deed) => state(deed.state) },
          { head: "Roles", cell: ({ roles }) => roles.join(", ") || "–" },
          { head: "Update", cell: (deed) => (deed.verdict ? verdict(deed.verdict) : "–") },
          { head: "Score", number: true, cell: ({ score }) => (score === null ? "–" : integer(score)) },
          {
            head: "Quality of votes",
            number: true,
            cell: ({ quality }) => (quality === null ? "–" : integer(quality)),
          },
          { head: "Earned", number: true, cell: ({ earned }) => tokens(earned, decimals) },
          { head: "Faults", cell: ({ faults }) => faults.map((fault) => h("p", { class: "fault" }, fault)) },
        ],
      }),
    ),
    h(
      "p",
      { class: "actions" },
      before === null ? null : h("a", { href: paths.participant(fid, operator) }, "Newest rounds"),
      next === null ? null : h("a", { href: paths.participant(fid, operator, next) }, "Older rounds"),
    ),
  ];
}

function identity(one, status) {
  return [
    ["operator", account(one.operator, status)],
    ["in since round", one.since ?? "–"],
    one.until === null ? null : ["left after round", one.until],
    ["leaf in the reward tree", one.index ?? "none yet"],
    [
      "worker keys",
      one.workers.length
        ? h(
            "ul",
            { class: "plain" },
            one.workers.map((key) => h("li", null, account(key, status))),
          )
        : "none: the operator acts itself",
    ],
  ];
}
