/** What stands around every view: how news arrive, the newest block, what is wrong, the contracts. */

import { h } from "../core/dom.js";
import { integer } from "../core/format.js";
import { patchChildren } from "../core/patch.js";
import { account } from "./ids.js";
import { details, fold } from "./text.js";
import { relative } from "./times.js";

const STATES = { connecting: "Connecting …", live: "Live", polling: "Live, by asking", reconnecting: "Reconnecting …" };

/** Keep header, banner and footer as `live` has it. */
export function shell(live) {
  const draw = () => {
    for (const [id, render] of [
      ["live", connection],
      ["banner", banner],
      ["about", about],
    ]) {
      patchChildren(document.getElementById(id), h("div", null, ...render(live.status, live.state)));
    }
    document.getElementById("live").dataset.state = live.state;
  };
  live.addEventListener("state", () => {
    document.getElementById("said").textContent = STATES[live.state];
  });
  for (const type of ["state", "status"]) live.addEventListener(type, draw);
  draw();
}

function connection(status, state) {
  const block = status?.head ? h("span", { class: "block" }, "block ", integer(status.head.number)) : null;
  return [
    h("span", { class: "dot", "aria-hidden": "true" }),
    h("span", { class: "word" }, STATES[state]),
    block,
  ].filter(Boolean);
}

function banner(status) {
  if (!status) return [];
  const { building, progress, node_ok: ok, problem, indexed } = status;
  const lines = [];
  if (building)
    lines.push(
      h(
        "p",
        null,
        "The index is being built, so that some of this may be out of date. ",
        h("progress", { max: 1, value: progress ?? 0, "aria-label": "Index built" }),
      ),
    );
  if (!ok)
    lines.push(
      h(
        "p",
        null,
        "The chain's node does not answer. ",
        indexed === null ? "" : `What is shown is as of block ${integer(indexed)}.`,
      ),
    );
  if (problem) lines.push(h("p", null, problem));
  return lines;
}

function about(status) {
  if (!status) return [];
  const contracts = Object.entries(status.contracts).map(([name, address]) => [
    name,
    account(address, { links: status.links }),
  ]);
  return [
    h(
      "p",
      null,
      `Chain ${status.chain_id}`,
      status.head ? [" · newest block ", relative(status.head.time)] : null,
      " · ",
      h("a", { href: "/api/openapi.json" }, "API"),
    ),
    fold("Contracts", details(contracts)),
  ];
}
