/** Addresses, hashes and CIDs: short, with a link and a button that copies all of it. */

import { h, s } from "../core/dom.js";
import { short } from "../core/format.js";
import { elsewhere, paths } from "../core/paths.js";
import { foreign } from "./text.js";

/** A participant of a federation, by name where it has one. */
export function participant(fid, address, name = null) {
  const known = name ? [foreign(name, 28), " "] : null;
  const link = h("a", { href: paths.participant(fid, address) }, known, code(address, name ? "aside" : null));
  return h("span", { class: "id" }, link, copy(address, "address"));
}

/** An address that has no page of its own. */
export function account(address, status) {
  const contract = Object.entries(status?.contracts ?? {}).find(
    ([, known]) => known.toLowerCase() === address.toLowerCase(),
  );
  const shown = [contract ? `${contract[0]} ` : null, code(address, contract ? "aside" : null)];
  return h("span", { class: "id" }, out(elsewhere(status?.links.address, address), shown), copy(address, "address"));
}

/** A transaction. */
export function transaction(hash, text = null) {
  const link = h("a", { href: paths.transaction(hash), title: hash }, text ?? code(hash));
  return h("span", { class: "id" }, link, copy(hash, "transaction hash"));
}

/** A CID, linked to a gateway where one is set. */
export function cid(text, status) {
  return h("span", { class: "id" }, out(elsewhere(status?.links.cid, text), code(text)), copy(text, "CID"));
}

/** A root, salt or other digest. */
export function digest(hex, what = "digest") {
  return h("span", { class: "id" }, code(hex), copy(hex, what));
}

/** A link that leaves this page. */
export function out(href, ...children) {
  return href
    ? h("a", { href, rel: "noreferrer noopener external", target: "_blank" }, children, icon("out"))
    : children;
}

/** An amount of gas, wei or the like has no button; what is long and exact has. */
export function copy(text, what) {
  return h(
    "button",
    { type: "button", class: "copy", "data-copy": text, "aria-label": `Copy ${what} ${short(text)}` },
    icon("copy"),
  );
}

function code(text, kind = null) {
  return h("code", { class: kind, title: text }, short(text));
}

const SHAPES = {
  copy: "M5 5V2.5h8.5V11H11M2.5 5H11v8.5H2.5z",
  out: "M6 3.5H3v9.5h9.5V10M9 3h4v4M13 3 7.5 8.5",
};

function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: SHAPES[name] }));
}
