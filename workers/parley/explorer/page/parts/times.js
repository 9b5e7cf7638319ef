/** Times that keep up with the clock. */

import { h } from "../core/dom.js";
import { now } from "../core/clock.js";
import { ago, iso, local, utc } from "../core/format.js";

/** A moment in local time, UTC on hover. */
export function moment(time) {
  return h("time", { datetime: iso(time), title: utc(time) }, local(time));
}

/** How long ago a moment was, or is to come; local time and UTC on hover. */
export function relative(time) {
  return h(
    "time",
    { datetime: iso(time), title: `${local(time)}, ${utc(time)}`, "data-relative": time },
    ago(time, now()),
  );
}

/** A moment in full: local and relative. */
export function full(time) {
  return h("span", null, moment(time), " (", relative(time), ")");
}

/** Bring every relative time to what it is now. */
export function tick() {
  for (const element of document.querySelectorAll("[data-relative]")) {
    const text = ago(Number(element.dataset.relative), now());
    if (element.textContent !== text) element.textContent = text;
  }
}
