/** Tables that scroll by themselves where they are wider than the screen. */

import { h } from "../core/dom.js";

/**
 * A table.
 *
 * columns: { head, cell(row), number, heading, kind } each: `number` aligns to the right, `heading` heads its row, `kind`
 * is a class of its cells, or a function from the row to one. key(row): tells rows apart when news arrive. kind: a class.
 */
export function table({ caption, columns, rows, key, kind = null }) {
  return scroll(
    caption,
    h(
      "table",
      { class: kind },
      h("caption", { class: "unseen" }, caption),
      h("thead", null, h("tr", null, columns.map(header))),
      h(
        "tbody",
        null,
        rows.map((row) =>
          h(
            "tr",
            { "data-key": key(row) },
            columns.map((column) => cell(column, row)),
          ),
        ),
      ),
    ),
  );
}

/** What may be wider than the screen, within reach of the keyboard. */
function scroll(label, content) {
  return h("div", { class: "scroll", role: "region", "aria-label": label, tabindex: "0" }, content);
}

function header({ head, number }) {
  return h("th", { scope: "col", class: number && "number" }, head);
}

function cell({ cell: content, number, heading, kind }, row) {
  if (heading) return h("th", { scope: "row" }, content(row));
  const own = typeof kind === "function" ? kind(row) : kind;
  return h("td", { class: [number && "number", own].filter(Boolean).join(" ") || null }, content(row));
}
