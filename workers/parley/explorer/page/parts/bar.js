/** Bars drawn in SVG, whose lengths are attributes and therefore need no inline style. */

import { h, s } from "../core/dom.js";
import { percent } from "../core/format.js";

/** A part of a whole as a bar beside its text; parts and wholes are integers or decimal strings. */
export function share(part, whole, text) {
  return h(
    "span",
    { class: "share" },
    s(
      "svg",
      { class: "bar", "aria-hidden": "true" },
      s("rect", { class: "rail", width: "100%", height: "100%", rx: 2 }),
      s("rect", { class: "fill", width: `${width(part, whole)}%`, height: "100%", rx: 2 }),
    ),
    h("span", null, text),
  );
}

/** Parts of a whole beside each other, with a legend: [[name, part, text]]. */
export function stack(label, parts) {
  const whole = parts.reduce((sum, [, part]) => sum + BigInt(part), 0n);
  let from = 0;
  const pieces = parts.map(([, part], place) => {
    const piece = s("rect", {
      class: `piece-${place}`,
      x: `${from}%`,
      width: `${width(part, whole)}%`,
      height: "100%",
    });
    from += width(part, whole);
    return piece;
  });
  return h(
    "div",
    { class: "stack" },
    s(
      "svg",
      {
        role: "img",
        "aria-label": `${label}: ${parts.map(([name, part]) => `${name} ${percent(part, whole)}`).join(", ")}`,
      },
      s("rect", { class: "rail", width: "100%", height: "100%" }),
      pieces,
    ),
    h(
      "ul",
      { class: "legend" },
      parts.map(([name, part, text], place) =>
        h(
          "li",
          null,
          s(
            "svg",
            { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" },
            s("rect", { class: `piece-${place}`, width: 10, height: 10, rx: 2 }),
          ),
          h("span", null, name),
          h("strong", null, text),
          h("span", { class: "note" }, percent(part, whole)),
        ),
      ),
    ),
  );
}

function width(part, whole) {
  return BigInt(whole) === 0n ? 0 : Number((BigInt(part) * 10_000n) / BigInt(whole)) / 100;
}
