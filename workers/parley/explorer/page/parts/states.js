/** What stands where there is nothing to show: loading, nothing there, gone wrong. */

import { h } from "../core/dom.js";

/** While the first answer is on its way. */
export function loading() {
  return h(
    "div",
    { class: "state", role: "status" },
    h("p", null, "Loading …"),
    h("div", { class: "skeleton", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
  );
}

/** Where a list has no entries. */
export function nothing(title, ...children) {
  return h("div", { class: "state empty" }, h("p", { class: "lead" }, title), children);
}

/** A view in place of one that could not be shown. */
export function failed(failure) {
  const title = { 0: "The server does not answer", 404: "Not found", 422: "Not understood", 503: "Not ready yet" }[
    failure.status
  ];
  return h(
    "div",
    { class: "state failed", role: "alert" },
    h("h1", { tabindex: "-1" }, title ?? "Something went wrong"),
    h("p", { class: "lead" }, failure.message),
    failure.hint ? h("p", null, failure.hint) : null,
    h(
      "p",
      { class: "actions" },
      h("button", { type: "button", "data-retry": true }, "Try again"),
      h("a", { href: "/" }, "All federations"),
    ),
  );
}
