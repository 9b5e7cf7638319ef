/**
 * Elements from data. Text is only ever set as text and nothing here parses HTML, so foreign text stays text, whichever
 * way it came; nor does any of it hide.
 */

import { seen } from "./format.js";
import { safeHref } from "./paths.js";

const SVG = "http://www.w3.org/2000/svg";
const FORBIDDEN = /^(on|style$|srcdoc$|src$)/i;

/** An HTML element. Attributes that are null, undefined or false are left out, true is the empty string. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (FORBIDDEN.test(name)) throw new TypeError(`no element is given a ${name}`);
    element.setAttribute(name, name === "href" ? safeHref(value) : value === true ? "" : String(value));
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(seen(String(child)))));
}

/** Children with a separator between them. */
export function joined(children, separator) {
  return children.flatMap((child, place) => (place ? [separator, child] : [child]));
}
