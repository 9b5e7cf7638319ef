/** The top of every view: where one is, what it is called, how it stands. */

import { h } from "../core/dom.js";

/** crumbs: [text or node, path] from the outside in; badges and meta lines are nodes. */
export function head({ crumbs = [], title, badges = [], meta = [], links = [] }) {
  return h(
    "div",
    { class: "head", "data-key": "head" },
    crumbs.length
      ? h(
          "nav",
          { "aria-label": "Where you are", class: "crumbs" },
          h(
            "ol",
            null,
            crumbs.map(([text, href]) => h("li", null, h("a", { href }, text))),
          ),
        )
      : null,
    h(
      "div",
      { class: "title" },
      h("h1", { tabindex: "-1" }, title),
      badges,
      links.length ? h("span", { class: "beside" }, links) : null,
    ),
    meta.filter(Boolean).map((line) => h("p", { class: "meta" }, line)),
  );
}
