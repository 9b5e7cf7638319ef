/** All federations, or what a search found. */

import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { counted, plain, quality, tokens } from "../core/format.js";
import { numberIn, paths } from "../core/paths.js";
import { head } from "../parts/head.js";
import { nothing } from "../parts/states.js";
import { badge, facts, foreign } from "../parts/text.js";
import { phase, state } from "../parts/verdicts.js";

const ROWS = 50;

export const home = {
  load(_route, query, signal) {
    const q = query.get("q")?.trim();
    if (q) return get(`/search?q=${encodeURIComponent(q.slice(0, 200))}`, signal).then((hits) => ({ q, hits }));
    const before = numberIn(query, "before");
    const page = `/federations?limit=${ROWS}${before === null ? "" : `&before=${before}`}`;
    return get(page, signal).then((list) => ({ list, before }));
  },
  title: ({ q }) => (q ? `Search: ${plain(q, 40)}` : "Federations"),
  render: (data) => (data.q ? found(data) : federations(data)),
  settled: ({ q }) => Boolean(q),
};

function federations({ list, before }) {
  return [
    head({
      title: "Federations",
      meta: [
        "One model each, trained by parties who do not trust each other. What is shown here follows from the chain.",
      ],
    }),
    list.length
      ? h("ul", { class: "cards" }, list.map(card))
      : nothing(
          "No federation yet",
          h("p", null, "This page shows one as soon as a sponsor creates it."),
          h("p", null, h("code", null, "parley federation create plan.toml")),
        ),
    h(
      "p",
      { class: "actions" },
      before === null ? null : h("a", { href: paths.home() }, "Newest federations"),
      list.length < ROWS ? null : h("a", { href: paths.home(list.at(-1).fid) }, "Older federations"),
    ),
  ];
}

function card(one) {
  const { decimals, symbol } = one.token;
  return h(
    "li",
    { class: "panel card", "data-key": one.fid },
    h(
      "div",
      { class: "title" },
      h(
        "h2",
        null,
        h("a", { href: paths.federation(one.fid) }, one.title ? foreign(one.title, 80) : `Federation ${one.fid}`),
      ),
      state(one.state),
      one.sealed ? null : badge("Public validation set", "warn"),
    ),
    facts(
      ["Quality", quality(one.quality)],
      ["Rounds", `${one.round} of ${one.rounds}`, one.rounds_void ? `${one.rounds_void} void` : null],
      ["Phase", phase(one.phase)],
      [
        "Members",
        one.trainers + one.evaluators + one.aggregators,
        `${counted(one.trainers, "trainer")}, ${counted(one.evaluators, "evaluator")}`,
      ],
      ["Reward a round", tokens(one.reward, decimals), symbol ? foreign(symbol, 12) : "tokens"],
    ),
  );
}

function found({ q, hits }) {
  return [
    head({
      crumbs: [["Federations", paths.home()]],
      title: "Search",
      meta: [h("span", null, `${counted(hits.length, "result")} for `, foreign(q, 80))],
    }),
    hits.length
      ? h(
          "ul",
          { class: "panel results" },
          hits.map((hit) =>
            h(
              "li",
              { "data-key": hit.path + hit.label },
              h("a", { href: hit.path }, badge(hit.kind), h("span", null, foreign(hit.label, 100))),
            ),
          ),
        )
      : nothing(
          "Nothing found",
          h(
            "p",
            null,
            "One can search for addresses (six hexadecimal digits or more), rounds such as “3” or “1/3”, CIDs, transactions, and titles.",
          ),
        ),
  ];
}
