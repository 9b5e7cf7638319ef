/** Small pieces of text. */

import { h } from "../core/dom.js";
import { plain } from "../core/format.js";

/** Text that somebody else wrote, apart from the direction of what stands around it. */
export function foreign(text, most) {
  return h("bdi", { class: "foreign", title: plain(text, 1000) }, plain(text, most) || "(empty)");
}

/** A word in a coloured frame: tone is "good", "warn", "bad" or "calm". */
export function badge(text, tone = "calm") {
  return h("span", { class: `badge ${tone}` }, text);
}

/** What something is and how much: a list of [name, value, note]. */
export function facts(...entries) {
  return h(
    "dl",
    { class: "facts" },
    entries
      .filter(Boolean)
      .map(([name, value, note]) =>
        h(
          "div",
          { "data-key": name },
          h("dt", null, name),
          h("dd", null, value),
          note ? h("dd", { class: "note" }, note) : null,
        ),
      ),
  );
}

/** Names and values below each other, for what is rarely read. */
export function details(entries) {
  return h(
    "dl",
    { class: "details" },
    entries
      .filter(Boolean)
      .map(([name, value]) => h("div", { "data-key": name }, h("dt", null, name), h("dd", null, value))),
  );
}

/** A part of a view with its heading. */
export function section(title, ...children) {
  const id = `part-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return h("section", { "aria-labelledby": id, "data-key": id }, h("h2", { id }, title), children);
}

/** What is there to open when one wants to see it. */
export function fold(summary, ...children) {
  return h("details", { class: "fold" }, h("summary", null, summary), children);
}
