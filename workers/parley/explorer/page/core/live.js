/**
 * News of the chain: server-sent events, and polling where there are none.
 *
 * Sends `state` (how it hears of news), `status` (that of the index) and `news` ({ kind }: what is shown may be out of
 * date; "block" after each block, "round" where something is told of a round, "all" where anything may have changed). A hidden page keeps no connection: browsers allow few, and so does the server.
 */

import { get } from "./api.js";

const POLL = 4_000;
const PULSE = 15_000;
const LONGEST_WAIT = 30_000;

export class Live extends EventTarget {
  state = "connecting";
  status = null;
  #source = null;
  #timer = null;
  #reopening = null;
  #wait = 1_000;
  #missed = false; // news may have come that nobody told of

  start() {
    const look = () => (document.hidden ? this.#rest() : this.#wake());
    document.addEventListener("visibilitychange", look);
    look();
  }

  /** Ask for the status now. Resolves when it is known, or known not to be. */
  async pulse() {
    clearTimeout(this.#timer);
    try {
      this.#take(await get("/status", AbortSignal.timeout(10_000)));
      this.#news(this.#missed ? "all" : "block");
      if (this.#source?.readyState === EventSource.OPEN) this.#become("live");
      else if (this.#source?.readyState === EventSource.CLOSED) this.#become("polling");
    } catch {
      // whatever it was, the next pulse tells whether it is over
      this.#become("reconnecting");
    }
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.pulse(), this.state === "live" ? PULSE : POLL);
  }

  #wake() {
    this.#open();
    this.pulse();
  }

  #rest() {
    clearTimeout(this.#timer);
    clearTimeout(this.#reopening);
    this.#source?.close();
    this.#source = null;
    this.#missed = true;
  }

  #open() {
    this.#source?.close();
    const source = new EventSource("/api/events");
    this.#source = source;
    source.onopen = () => {
      this.#wait = 1_000;
      this.#become("live");
      if (this.#missed) this.#news("all");
      this.#missed = false;
    };
    source.onerror = () => this.#lost(source);
    source.addEventListener("head", ({ data }) => this.#block(JSON.parse(data)));
    source.addEventListener("round", () => this.#news("round"));
    source.addEventListener("reorg", () => this.#news("all"));
    source.addEventListener("content", () => this.#news("all"));
  }

  /** The connection broke: ask at once whether the server is there, and open it anew, later each time. */
  #lost(source) {
    if (source !== this.#source) return;
    source.close();
    this.#missed = true;
    this.pulse();
    clearTimeout(this.#reopening);
    this.#reopening = setTimeout(() => this.#open(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  #block(head) {
    const known = this.status;
    if (known) this.#take({ ...known, head: { ...known.head, ...head }, indexed: head.number }, true);
    else this.#news("all");
  }

  #take(status, pushed = false) {
    const before = this.status?.indexed;
    this.status = status;
    this.#send("status");
    if (pushed) this.#news("block");
    // blocks that the stream did not tell of: it is dead without having said so
    if (!pushed && this.state === "live" && before !== undefined && status.indexed - before > 1) {
      this.#missed = true;
      this.#open();
    }
  }

  #news(kind) {
    this.dispatchEvent(new CustomEvent("news", { detail: { kind } }));
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.#send("state");
  }

  #send(type) {
    this.dispatchEvent(new Event(type));
  }
}
