/** The search box: results as one types, chosen with arrows, or all of them on a page of their own. */

import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { counted } from "../core/format.js";
import { paths } from "../core/paths.js";
import { badge, foreign } from "./text.js";

const PAUSE = 200;
const LONGEST = 200;

/** Bring the form to life; open(path) goes to a page. */
export function attachSearch(form, open) {
  const box = new SearchBox(form, open);
  form.addEventListener("submit", (event) => box.submit(event));
  box.input.addEventListener("input", () => box.type());
  box.input.addEventListener("keydown", (event) => box.press(event));
  form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || box.close());
  box.list.addEventListener("pointerdown", (event) => event.preventDefault());
  box.list.addEventListener("click", (event) => box.click(event));
  document.addEventListener("keydown", (event) => {
    if (
      event.key !== "/" ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.target.closest("input, textarea, select")
    )
      return;
    event.preventDefault();
    box.input.focus();
  });
}

class SearchBox {
  #open;
  #hits = [];
  #active = -1;
  #timer = null;
  #asked = null;

  constructor(form, open) {
    this.#open = open;
    this.input = form.querySelector("input");
    this.list = form.querySelector("[role=listbox]");
    this.said = form.querySelector("[role=status]");
  }

  type() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), PAUSE);
  }

  press(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#hits.length) {
      event.preventDefault();
      const places = this.#hits.length + 1;
      this.#mark(((this.#active + 1 + step + places) % places) - 1);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    }
  }

  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim().slice(0, LONGEST);
    const chosen = this.#hits[this.#active];
    if (chosen) this.#go(chosen.path);
    else if (text) this.#go(paths.found(text));
  }

  click(event) {
    const option = event.target.closest("[role=option]");
    if (option) this.#go(this.#hits[Number(option.dataset.place)].path);
  }

  close() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    this.#show([]);
    this.said.textContent = "";
  }

  #go(path) {
    this.close();
    this.input.value = "";
    this.#open(path);
  }

  async #ask() {
    const text = this.input.value.trim().slice(0, LONGEST);
    this.#asked?.abort();
    if (!text) return this.close();
    this.#asked = new AbortController();
    try {
      this.#show(await get(`/search?q=${encodeURIComponent(text)}`, this.#asked.signal));
      this.said.textContent = counted(this.#hits.length, "result");
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#show([]);
      this.said.textContent = error.message;
    }
  }

  #show(hits) {
    this.#hits = hits;
    this.list.replaceChildren(
      ...hits.map(({ kind, label }, place) =>
        h(
          "li",
          { role: "option", id: `hit-${place}`, "data-place": place, "aria-selected": "false" },
          badge(kind),
          foreign(label, 80),
        ),
      ),
    );
    this.list.hidden = !hits.length;
    this.input.setAttribute("aria-expanded", String(hits.length > 0));
    this.#mark(-1);
  }

  #mark(place) {
    this.#active = place;
    for (const [at, option] of [...this.list.children].entries())
      option.setAttribute("aria-selected", String(at === place));
    if (place < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `hit-${place}`);
    this.list.children[place]?.scrollIntoView({ block: "nearest" });
  }
}
