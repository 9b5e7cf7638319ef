/**
 * The page: an address leads to a view, a view loads its data and draws them, news draw them anew.
 *
 * A view: load(route, query, signal) asks for its data; title(data) and render(data, status) show them; settled(data)
 * says that no further block changes them, ages(data) that they look different as time goes by.
 */

import { Failure } from "./core/api.js";
import { setHead } from "./core/clock.js";
import { h } from "./core/dom.js";
import { Live } from "./core/live.js";
import { patchChildren } from "./core/patch.js";
import { match } from "./core/paths.js";
import { Router } from "./core/router.js";
import { copyOnClick } from "./parts/copying.js";
import { attachSearch } from "./parts/search.js";
import { shell } from "./parts/shell.js";
import { failed, loading } from "./parts/states.js";
import { tick } from "./parts/times.js";
import { federation } from "./views/federation.js";
import { home } from "./views/home.js";
import { participant } from "./views/participant.js";
import { round } from "./views/round.js";
import { transaction } from "./views/transaction.js";

const VIEWS = { home, federation, round, participant, transaction };
const UNKNOWN = new Failure(404, "This address leads to nothing here.", "Perhaps a character of it is missing.");
const PATIENCE = 250;
const CALM = 1_500;
const RETRY = 4_000;

const main = document.querySelector("main");
const live = new Live();
const router = new Router(show);
let shown = { url: null, route: null, text: "", data: null, failure: null };
let asked = new AbortController();
let retry = null;
let queued = null;

/** Go to an address: what was there makes way, the heading gets the focus. */
async function show(url, { fresh, y }) {
  asked.abort();
  clearTimeout(queued);
  clearTimeout(retry);
  queued = null;
  shown = { url, route: match(url.pathname), text: "", data: null, failure: null };
  main.setAttribute("aria-busy", "true");
  const wait = setTimeout(() => main.replaceChildren(loading()), PATIENCE);
  const done = await update((children) => main.replaceChildren(...children));
  clearTimeout(wait);
  if (!done) return;
  main.removeAttribute("aria-busy");
  scrollTo(0, y);
  if (fresh) main.querySelector("h1")?.focus({ preventScroll: true });
}

/** Load the data of what is shown and draw them, if they changed; false if another address came in between. */
async function update(draw) {
  const mine = (asked = new AbortController());
  const { url, route } = shown;
  try {
    if (!route) throw UNKNOWN;
    const data = await VIEWS[route.view].load(route, url.searchParams, mine.signal);
    if (mine.signal.aborted) return false;
    succeed(data, draw);
  } catch (error) {
    if (mine.signal.aborted) return false;
    fail(error instanceof Failure ? error : new Failure(-1, String(error)), draw);
    if (!(error instanceof Failure)) console.error(error);
  }
  return true;
}

function succeed(data, draw) {
  const view = VIEWS[shown.route.view];
  const text = JSON.stringify(data);
  const recovered = shown.failure !== null;
  shown = { ...shown, data, failure: null };
  if (text === shown.text && !recovered && !view.ages?.(data)) return;
  shown.text = text;
  document.title = `${view.title(data)} · Parley`;
  draw([view.render(data, live.status)].flat(Infinity).filter(Boolean));
}

/** What is shown stays while the server is away; else the failure takes its place, and the page tries again. */
function fail(failure, draw) {
  if (failure.status === 0 || failure.status === 503)
    retry = setTimeout(refresh, 1000 * (failure.retryAfter ?? RETRY / 1000));
  const known = shown.failure?.status === failure.status && shown.failure.message === failure.message;
  if (known || (shown.data !== null && failure.status === 0)) return;
  shown = { ...shown, failure, data: null, text: "" };
  document.title = "Parley";
  draw([failed(failure)]);
}

/** Ask again for what is shown. */
async function refresh() {
  clearTimeout(retry);
  if (main.hasAttribute("aria-busy")) return;
  const had = shown.failure;
  await update((children) =>
    had || shown.failure ? main.replaceChildren(...children) : patchChildren(main, h("main", null, ...children)),
  );
}

/** News: ask again, not too often, and not for what cannot change. */
function heard({ detail: { kind } }) {
  const { route, data } = shown;
  if (!route || (data !== null && kind === "block" && VIEWS[route.view].settled(data)) || queued) return;
  queued = setTimeout(() => {
    queued = null;
    refresh();
  }, CALM);
}

shell(live);
copyOnClick();
attachSearch(document.querySelector("#search"), (path) => router.open(path));
live.addEventListener("status", () => live.status.head && setHead(live.status.head.time));
live.addEventListener("news", heard);
document.addEventListener(
  "click",
  (event) => event.target.closest("[data-retry]") && show(shown.url, { fresh: true, y: 0 }),
);
document.addEventListener("open", ({ detail }) => router.open(detail));
setInterval(tick, 1_000);
live.pulse().finally(() => {
  router.start();
  live.start();
});
