/** One transaction: what was called, what it cost, and every event of Parley's contracts in it. */

import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { integer, plain, short } from "../core/format.js";
import { elsewhere, paths } from "../core/paths.js";
import { head } from "../parts/head.js";
import { account, copy, out } from "../parts/ids.js";
import { nothing } from "../parts/states.js";
import { details, facts, section } from "../parts/text.js";
import { moment, relative } from "../parts/times.js";

export const transaction = {
  load: ({ hash }, _query, signal) => get(`/transactions/${hash}`, signal),
  title: ({ hash }) => `Transaction ${short(hash)}`,
  settled: ({ gas_used: gas }) => gas !== null,
  render: (one, status) => [
    top(one, status),
    facts(
      ["Block", integer(one.block), relative(one.time)],
      ["Gas", one.gas_used === null ? "–" : integer(one.gas_used)],
      ["Events", one.events.length],
    ),
    section(
      "Who and what",
      h(
        "div",
        { class: "panel" },
        details([
          ["time", moment(one.time)],
          ["from", one.from ? account(one.from, status) : "not known yet"],
          ["to", one.to ? account(one.to, status) : "not known yet"],
          ["function", one.function ? h("code", { class: "long" }, one.function) : "none of Parley's contracts"],
          one.path
            ? [
                "belongs to",
                h(
                  "a",
                  { href: one.path },
                  one.path.includes("/rounds/") ? `Round ${one.path.split("/").pop()}` : "its federation",
                ),
              ]
            : null,
        ]),
      ),
    ),
    section(
      "Events",
      one.events.length
        ? h("ul", { class: "panel list" }, one.events.map(event))
        : nothing("No event of Parley's contracts"),
    ),
  ],
};

function top({ hash, path }, status) {
  const beyond = elsewhere(status?.links.transaction, hash);
  const fid = path?.match(/^\/federations\/(\d+)/)?.[1];
  return head({
    crumbs: [
      ["Federations", paths.home()],
      ...(fid ? [[`Federation ${fid}`, paths.federation(fid)]] : []),
      ...(path?.includes("/rounds/") ? [[`Round ${path.split("/").pop()}`, path]] : []),
    ],
    title: "Transaction",
    meta: [
      h("span", { class: "id" }, h("code", { class: "long" }, hash), copy(hash, "transaction hash")),
      beyond ? out(beyond, "In a block explorer") : null,
    ],
  });
}

function event({ contract, name, args, log_index: index }) {
  return h(
    "li",
    { "data-key": index },
    h("div", { class: "title" }, h("h3", null, name), h("span", { class: "note" }, contract)),
    h(
      "dl",
      { class: "details" },
      Object.entries(args).map(([key, value]) => argument(key, value)),
    ),
  );
}

/** An argument; structs become lists of their own. */
function argument(name, value) {
  const nested = value !== null && typeof value === "object";
  return h(
    "div",
    { class: nested && "nested" },
    h("dt", null, plain(name, 60)),
    h(
      "dd",
      null,
      nested
        ? h(
            "dl",
            { class: "details" },
            Object.entries(value).map(([key, inner]) => argument(key, inner)),
          )
        : h("code", { class: "long" }, plain(String(value), 2000)),
    ),
  );
}
