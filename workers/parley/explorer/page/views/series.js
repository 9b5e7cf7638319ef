/** What changes from round to round, as charts: the model's quality and who earned what. */

import { h, s } from "../core/dom.js";
import { drawn, plain, quality, short, tokens } from "../core/format.js";
import { paths } from "../core/paths.js";
import { SERIES, chart } from "../parts/chart.js";
import { foreign } from "../parts/text.js";

const QUALITY = "Model quality by round";

/** Model quality by round. */
export function qualities({ fid, metric, quality: last }, { round, quality: values, state }) {
  const measured = values.filter((value) => value !== null).length;
  const name = metric ? plain(metric.name, 40) : "quality";
  const voided = state.filter((one) => one === "void").length;
  const told = `${quality(last)} last, ${measured} of ${round.length} rounds measured${voided ? `, ${voided} void` : ""}`;
  if (!measured)
    return h("div", { class: "panel" }, h("h3", null, QUALITY), h("p", null, "No model was measured yet."));
  return chart({
    title: QUALITY,
    summary: `${name.charAt(0).toUpperCase()}${name.slice(1)}, measured on each round's own validation shard: ${told}.`,
    config: (colours, options) => {
      opens(options, fid, round);
      options.plugins.tooltip.callbacks = {
        title: ([{ dataIndex: at }]) => `Round ${round[at]}, ${state[at]}`,
        label: ({ raw }) => ` ${name} ${quality(raw)}`,
      };
      return { type: "line", data: { labels: round, datasets: [line(values, colours)] } };
    },
    data: {
      key: ({ number }) => number,
      rows: round.map((number, at) => ({ number, value: values[at], state: state[at] })),
      columns: [
        { head: "Round", heading: true, cell: ({ number }) => h("a", { href: paths.round(fid, number) }, number) },
        { head: "State", cell: (row) => row.state },
        { head: "Quality", number: true, cell: ({ value }) => quality(value) },
      ],
    },
  });
}

function line(data, { accent, surface }) {
  return {
    data,
    spanGaps: true,
    borderColor: accent,
    borderWidth: 2,
    tension: 0,
    pointRadius: data.length > 60 ? 0 : 3,
    pointHoverRadius: 5,
    pointBackgroundColor: accent,
    pointBorderColor: surface,
    pointBorderWidth: 1,
  };
}

/** Rewards by round, the operators that earned most apart. */
export function earnings({ fid, token: { decimals } }, { round, earned, names }) {
  const sums = Object.entries(earned).map(([who, column]) => [who, column.reduce((sum, wei) => sum + BigInt(wei), 0n)]);
  const ranked = sums
    .filter(([who, sum]) => who !== "others" && sum)
    .sort(([, a], [, b]) => (a < b ? 1 : a > b ? -1 : 0))
    .map(([who]) => who);
  const shown = ranked.slice(0, SERIES);
  const rest = Object.keys(earned).filter((who) => !shown.includes(who) && (who === "others" || ranked.includes(who)));
  const columns = shown.map((who) => [label(who, names), earned[who]]);
  if (rest.length && rest.some((who) => earned[who].some((wei) => wei !== "0")))
    columns.push(["others", together(rest.map((who) => earned[who]))]);
  return chart({
    title: "Rewards by round",
    summary: `Whole tokens paid to ${shown.length === ranked.length ? "each operator" : `the ${shown.length} that earned most, and to all others`}, in all their roles.`,
    legend: h(
      "ul",
      { class: "legend" },
      columns.map(([name], place) => h("li", null, swatch(name === "others" ? SERIES : place), foreign(name, 28))),
    ),
    config: (colours, options) => {
      opens(options, fid, round);
      Object.assign(options.scales.x, { stacked: true });
      Object.assign(options.scales.y, { stacked: true, beginAtZero: true });
      options.plugins.tooltip.callbacks = {
        title: ([{ label: number }]) => `Round ${number}`,
        label: ({ dataset, dataIndex }) => ` ${dataset.label}: ${tokens(dataset.exact[dataIndex], decimals)}`,
      };
      return {
        type: "bar",
        data: {
          labels: round,
          datasets: columns.map(([name, exact], place) =>
            bars(name, exact, colours.series[name === "others" ? SERIES : place], colours, decimals),
          ),
        },
      };
    },
    data: {
      key: ({ number }) => number,
      rows: round.map((number, at) => ({ number, at })),
      columns: [
        { head: "Round", heading: true, cell: ({ number }) => h("a", { href: paths.round(fid, number) }, number) },
        ...columns.map(([name, exact]) => ({
          head: foreign(name, 28),
          number: true,
          cell: ({ at }) => tokens(exact[at], decimals),
        })),
      ],
    },
  });
}

function bars(name, exact, colour, { surface }, decimals) {
  return {
    label: name,
    exact,
    data: exact.map((wei) => drawn(wei, decimals)),
    backgroundColor: colour,
    borderColor: surface,
    borderWidth: { top: 1 },
    borderSkipped: false,
    maxBarThickness: 40,
  };
}

function label(who, names) {
  return names[who] ? plain(names[who], 28) : short(who);
}

function together(columns) {
  return columns[0].map((_, at) => columns.reduce((sum, column) => sum + BigInt(column[at]), 0n).toString());
}

function swatch(place) {
  return s(
    "svg",
    { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" },
    s("rect", { class: `series-${place}`, width: 10, height: 10, rx: 2 }),
  );
}

/** A click on a round's place opens it. */
function opens(options, fid, round) {
  options.onClick = ({ native }, elements) => {
    if (elements.length)
      native.target.dispatchEvent(
        new CustomEvent("open", { bubbles: true, detail: paths.round(fid, round[elements[0].index]) }),
      );
  };
}
