/** The phases of a round in time: when each could be used, when it ended, and who did what in it. */

import { h, s } from "../core/dom.js";
import { clockTime, length, local, plain, short } from "../core/format.js";
import { linesOf } from "../core/phases.js";
import { stepsOf } from "../core/steps.js";
import { phase as name } from "./verdicts.js";

/** More transactions of a phase than that are drawn without frames, or those would hide one another. */
const MANY = 24;

/** The time line; `now` in chain seconds draws a line through an open round. */
export function timeline(round, now) {
  const steps = stepsOf(round);
  const { from, to, lanes } = linesOf(round, steps, now);
  const open = round.ended === null;
  const scale = {
    at: (time) => `${(100 * (Math.max(from, Math.min(time, to)) - from)) / (to - from)}%`,
    wide: (start, end) => `${(100 * Math.max(0, Math.min(end, to) - start)) / (to - from)}%`,
    now: open && now < to ? now : null,
  };
  const drawn = lanes.map((lane) => {
    const own = steps.filter(({ phase }) => phase === lane.phase);
    return row(lane, own, drawing(lane, own, scale, round.names));
  });
  return h("div", { class: "panel timeline" }, h("ol", null, drawn), axis(from, to), legend(scale.now !== null));
}

function row(lane, steps, picture) {
  return h(
    "li",
    { "data-key": lane.phase, class: lane.state },
    h("strong", null, name(lane.phase)),
    picture,
    h("span", null, count(lane, steps)),
    h("span", { class: "note" }, used(lane)),
  );
}

function drawing(lane, steps, scale, names) {
  const { start, stop, deadline, cut } = lane;
  return s(
    "svg",
    { role: "img", "aria-label": sentence(lane, steps), class: "lane" },
    deadline === null ? null : bar("allowed", start, deadline, scale),
    stop > start ? bar("used", start, stop, scale) : null,
    cut ? beyond(deadline) : null,
    deadline === null || cut ? null : mark("deadline", deadline, scale, `Deadline ${local(deadline)}`),
    scale.now === null ? null : mark("now", scale.now, scale, "Now"),
    steps.map((step) => dot(step, scale, names, steps.length > MANY)),
  );
}

function count({ acted, expected }, steps) {
  if (expected !== null) return `${acted} of ${expected}`;
  const posted = steps.filter(({ name: what }) => what === "Settlement posted").length;
  return posted ? `${posted} posted` : "";
}

function used({ state, start, stop, deadline }) {
  if (state === "ahead") return "to come";
  const took = length(stop - start);
  const allowed = deadline === null ? took : length(deadline - start);
  return took === allowed ? took : `${took} of ${allowed}`;
}

function sentence(lane, steps) {
  const { phase, start, stop, deadline, state, early } = lane;
  const ended = `ended ${clockTime(stop)}${early ? " before its deadline" : ""}`;
  const due = deadline === null ? null : `deadline ${clockTime(deadline)}`;
  const how = { over: ended, running: "running", ahead: "to come" }[state];
  const parts = [`began ${clockTime(start)}`, how, due, count(lane, steps)];
  return `${name(phase)}: ${parts.filter(Boolean).join(", ")}`;
}

function bar(kind, start, end, { at, wide }) {
  return s("rect", { class: kind, x: at(start), width: wide(start, end), y: "25%", height: "50%" });
}

function mark(kind, time, { at }, title) {
  return s("line", { class: kind, x1: at(time), x2: at(time), y1: "10%", y2: "90%" }, s("title", null, title));
}

/** An arrow at the end of the line: the deadline is behind it. */
function beyond(deadline) {
  const arrow = s("path", { class: "beyond", d: "M-5 -4 0 0 -5 4" }, s("title", null, `Deadline ${local(deadline)}`));
  return s("svg", { x: "100%", y: "50%", overflow: "visible", "aria-hidden": "true" }, arrow);
}

function dot({ name: what, who, time }, { at }, names, dense) {
  const actor = who === null ? "" : ` by ${names[who] ? plain(names[who], 40) : short(who)}`;
  const kind = ["dot", what === "Settlement convicted" && "bad", dense && "dense"].filter(Boolean).join(" ");
  const title = s("title", null, `${what}${actor}, ${clockTime(time)}`);
  return s("circle", { class: kind, cx: at(time), cy: "50%", r: 4 }, title);
}

function axis(from, to) {
  const texts = [local(from), length(to - from), clockTime(to)];
  return h(
    "p",
    { class: "axis", "aria-hidden": "true" },
    texts.map((text) => h("span", null, text)),
  );
}

function legend(running) {
  const shapes = [
    ["in use", s("rect", { class: "used", width: 10, height: 10 })],
    ["until its deadline", s("rect", { class: "allowed", width: 10, height: 10 })],
    ["a transaction", s("circle", { class: "dot", cx: 5, cy: 5, r: 4 })],
    ...(running ? [["now", s("line", { class: "now", x1: 5, x2: 5, y1: 0, y2: 10 })]] : []),
  ];
  const entries = shapes.map(([text, shape]) =>
    h(
      "li",
      null,
      s("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" }, shape),
      h("span", null, text),
    ),
  );
  return h("ul", { class: "legend" }, entries);
}
