/** One document, many addresses: links are followed without loading anew, back and forward work, focus goes along. */

/** Calls show(url, { fresh, y }) for each address; `fresh` where somebody went there, `y` where it was scrolled to. */
export class Router {
  #show;
  #place = "";

  constructor(show) {
    this.#show = show;
  }

  start() {
    history.scrollRestoration = "manual";
    addEventListener("popstate", ({ state }) => this.#moved(state?.y ?? 0));
    addEventListener("scrollend", () => history.replaceState({ y: scrollY }, ""));
    document.addEventListener("click", (event) => this.#click(event));
    this.#place = place();
    this.#show(new URL(location), { fresh: false, y: history.state?.y ?? 0 });
  }

  /** Go to a path of this page. */
  open(path) {
    history.replaceState({ y: scrollY }, "");
    history.pushState({ y: 0 }, "", path);
    this.#place = place();
    this.#show(new URL(location), { fresh: true, y: 0 });
  }

  #moved(y) {
    if (place() === this.#place) return;
    this.#place = place();
    this.#show(new URL(location), { fresh: true, y });
  }

  #click(event) {
    const link = event.target.closest?.("a[href]");
    if (
      !link ||
      event.defaultPrevented ||
      event.button ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const url = new URL(link.href);
    const here = url.origin === location.origin && !url.pathname.startsWith("/api") && link.target !== "_blank";
    if (!here || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    this.open(url.pathname + url.search);
  }
}

function place() {
  return location.pathname + location.search;
}
