/** Addresses of the page, both ways. */

const NUMBER = /^(0|[1-9][0-9]{0,14})$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const HASH = /^0x[0-9a-fA-F]{64}$/;

export const paths = {
  home: (before = null) => `/${from(before)}`,
  found: (text) => `/?q=${encodeURIComponent(text)}`,
  federation: (fid, before = null) => `/federations/${fid}${from(before)}`,
  round: (fid, number) => `/federations/${fid}/rounds/${number}`,
  participant: (fid, address, before = null) => `/federations/${fid}/participants/${address}${from(before)}`,
  transaction: (hash) => `/transactions/${hash}`,
};

function from(before) {
  return before === null ? "" : `?before=${before}`;
}

/** The view that a path names, with what it is about; null if it names none. */
export function match(pathname) {
  const [first, id, second, item, ...rest] = pathname.replace(/\/$/, "").split("/").slice(1);
  if (first === undefined) return { view: "home" };
  if (rest.length) return null;
  if (first === "transactions" && HASH.test(id) && second === undefined)
    return { view: "transaction", hash: id.toLowerCase() };
  if (first !== "federations" || !NUMBER.test(id)) return null;
  if (second === undefined) return { view: "federation", fid: Number(id) };
  if (second === "rounds" && NUMBER.test(item)) return { view: "round", fid: Number(id), number: Number(item) };
  if (second === "participants" && ADDRESS.test(item)) return { view: "participant", fid: Number(id), address: item };
  return null;
}

/** A number of a query, null if it is none. */
export function numberIn(query, name) {
  const text = query.get(name);
  return text !== null && NUMBER.test(text) ? Number(text) : null;
}

/** An address that a link may have: a path of this page, a fragment, or http(s) elsewhere. Throws TypeError. */
export function safeHref(href) {
  const text = String(href);
  if (/^(#|\?|\/(?![/\\]))/.test(text) || /^https?:\/\//i.test(text)) return text;
  throw new TypeError(`no link leads to ${text.slice(0, 40)}`);
}

/** A place elsewhere: a template with one {} and what to put there; null without a template that is http(s). */
export function elsewhere(template, id) {
  if (!template || !/^https?:\/\//i.test(template)) return null;
  return template.replace("{}", encodeURIComponent(id));
}
