/** Charts by Chart.js: in the colours of the scheme, described in a sentence, and as a table for whoever wants that. */

import { h } from "../core/dom.js";
import { fold } from "./text.js";
import { table } from "./table.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");
export const SERIES = 6;

/** Colours and font as the style sheet has them. */
function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    accent: colour("accent"),
    muted: colour("muted"),
    line: colour("line"),
    text: colour("text"),
    surface: colour("surface"),
    bad: colour("bad"),
    series: Array.from({ length: SERIES + 1 }, (_, place) => colour(`series-${place}`)),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** What every chart has in common; `config` adds data and says what is its own. */
function common({ muted, line, text, surface, font }) {
  const ticks = { color: muted, font: { family: font, size: 12 }, maxRotation: 0, autoSkipPadding: 16 };
  const tooltip = {
    backgroundColor: surface,
    borderColor: line,
    borderWidth: 1,
    titleColor: text,
    bodyColor: text,
    footerColor: muted,
    titleFont: { family: font },
    bodyFont: { family: font },
    footerFont: { family: font, weight: "normal" },
    padding: 10,
    boxPadding: 4,
    cornerRadius: 6,
  };
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: false,
    interaction: { mode: "index", intersect: false },
    plugins: { legend: { display: false }, tooltip },
    scales: {
      x: { grid: { display: false }, border: { color: line }, ticks },
      y: { grid: { color: line }, border: { display: false }, ticks: { ...ticks, maxTicksLimit: 6 } },
    },
  };
}

class ChartElement extends HTMLElement {
  #chart = null;
  #redraw = () => this.#draw();
  config = null;

  connectedCallback() {
    DARK.addEventListener("change", this.#redraw);
    this.#draw();
  }

  disconnectedCallback() {
    DARK.removeEventListener("change", this.#redraw);
    this.#chart?.destroy();
    this.#chart = null;
  }

  /** Show what another one was made to show. */
  adopt(other) {
    this.config = other.config;
    this.setAttribute("aria-label", other.getAttribute("aria-label"));
    this.#draw();
  }

  #draw() {
    const colours = theme();
    const options = common(colours);
    const { type, data } = this.config(colours, options);
    if (this.#chart) {
      Object.assign(this.#chart, { data, options });
      this.#chart.update("none");
      return;
    }
    const canvas = document.createElement("canvas");
    this.replaceChildren(canvas);
    this.#chart = new globalThis.Chart(canvas, { type, data, options });
  }
}

customElements.define("parley-chart", ChartElement);

/**
 * A figure with a chart.
 *
 * summary: what it shows, in a sentence; config(colours, options): changes the options and returns { type, data } for
 * Chart.js; data: the same as a table, as `table` takes it; legend: an element, or nothing.
 */
export function chart({ title, summary, config, data, legend = null }) {
  const drawing = h("parley-chart", { role: "img", "aria-label": `${title}. ${summary}` });
  drawing.config = config;
  return h(
    "figure",
    { class: "panel figure", "data-key": title },
    h("figcaption", null, h("h3", null, title), h("p", { class: "note" }, summary)),
    drawing,
    legend,
    fold("Show as a table", table({ caption: title, ...data })),
  );
}
