/** Who scored what: trainers' updates by evaluators, with the settled median of each. */

import { h } from "../core/dom.js";
import { integer, short } from "../core/format.js";
import { participant } from "./ids.js";
import { table } from "./table.js";
import { fold, foreign } from "./text.js";
import { verdict } from "./verdicts.js";

const LEVELS = 5;
const LEGEND = [
  ["zero", "0: leave out"],
  ["level-0", "1: harmless"],
  ["level-2", "more: useful"],
  ["level-5", "most useful"],
  ["own", "own, not counted"],
];

const SCORES = [
  { head: "Verdict", cell: (update) => verdict(update.verdict) },
  { head: "Median", number: true, kind: "settled", cell: ({ score }) => (score === null ? "–" : integer(score)) },
];
const SCALES = [{ head: "Median", number: true, kind: "settled", cell: ({ scale }) => (scale ? integer(scale) : "–") }];

/** The matrix of a round; updates without a reveal have no votes and no row. */
export function matrix(round) {
  const most = Math.max(1, ...round.panel.flatMap(({ scores }) => scores));
  return h(
    "div",
    { class: "panel flush" },
    grid(round, "Scores by update and evaluator", SCORES, (vote) => scored(vote, most)),
    legend(),
    fold("Scales that evaluators gave", grid(round, "Scales by update and evaluator, of 65,536", SCALES, scaled)),
  );
}

/** Updates, columns of their outcome, and evaluators; cell(vote) is what stands at each place, with its class as `kind`. */
function grid(round, caption, outcome, cell) {
  const seats = round.panel.filter(({ seat }) => seat !== null);
  return table({
    caption,
    kind: "matrix",
    rows: round.updates.filter(({ index }) => index !== null),
    key: ({ operator }) => operator,
    columns: [
      {
        head: "Update of",
        heading: true,
        cell: ({ operator }) => participant(round.fid, operator, round.names[operator]),
      },
      ...outcome,
      ...seats.map((panelist) => ({
        head: seat(panelist, round.names),
        number: true,
        ...at(panelist.seat, cell),
      })),
    ],
  });
}

function at(seat, cell) {
  const found = ({ votes }) => cell(votes.find((vote) => vote.seat === seat));
  return { cell: (update) => found(update).content, kind: (update) => found(update).kind };
}

function seat({ operator, seat: number }, names) {
  const name = names[operator] ? foreign(names[operator], 14) : h("code", null, short(operator));
  return h("span", { class: "seat", title: operator }, h("small", null, `Seat ${number}`), name);
}

function scored(vote, most) {
  if (!vote) return { content: "–", kind: null };
  const { score, scale, own } = vote;
  if (own) return { content: [integer(score), " ", h("small", null, "own")], kind: "vote own" };
  if (scale === 0) return { content: [integer(score), " ", h("small", null, "unfit")], kind: "vote zero" };
  return { content: integer(score), kind: score === 0 ? "vote zero" : `vote level-${level(score, most)}` };
}

function scaled(vote) {
  return { content: vote?.scale ? integer(vote.scale) : "–", kind: null };
}

function level(score, most) {
  return score <= 1 ? 0 : Math.max(1, Math.ceil((LEVELS * (score - 1)) / Math.max(1, most - 1)));
}

function legend() {
  const entries = LEGEND.map(([kind, text]) =>
    h("li", null, h("span", { class: `swatch vote ${kind}`, "aria-hidden": "true" }), h("span", null, text)),
  );
  return h("ul", { class: "legend padded" }, entries);
}
