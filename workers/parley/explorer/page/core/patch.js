/**
 * Bring what is shown to what it should be with as few changes as will do: focus, selection, scroll positions and opened
 * details stay where they are when news arrive.
 *
 * Elements with `data-key` are found again wherever they moved among their siblings. An element with a function `adopt`
 * takes in its successor by itself, as charts do.
 */

const KEPT = { DETAILS: ["open"] };

/** Make `shown` equal to `fresh`, which is used up; return what stands there now. */
export function patch(shown, fresh) {
  if (!alike(shown, fresh)) {
    shown.replaceWith(fresh);
    return fresh;
  }
  if (shown.nodeType !== Node.ELEMENT_NODE) {
    if (shown.data !== fresh.data) shown.data = fresh.data;
  } else if (shown.adopt) {
    shown.adopt(fresh);
  } else {
    patchAttributes(shown, fresh);
    patchChildren(shown, fresh);
  }
  return shown;
}

/** Make the children of `shown` equal to those of `fresh`. */
export function patchChildren(shown, fresh) {
  const keyed = new Map([...shown.children].filter(key).map((child) => [key(child), child]));
  let next = shown.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = key(wanted) ? keyed.get(key(wanted)) : next;
    if (!known || (known === next && !alike(known, wanted)) || (known !== next && !key(wanted))) {
      shown.insertBefore(wanted, next);
      continue;
    }
    if (known === next) next = next.nextSibling;
    else shown.insertBefore(known, next);
    patch(known, wanted);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

function patchAttributes(shown, fresh) {
  const kept = KEPT[shown.tagName] ?? [];
  for (const { name } of [...shown.attributes]) {
    if (!fresh.hasAttribute(name) && !kept.includes(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (shown.getAttribute(name) !== value && !kept.includes(name)) shown.setAttribute(name, value);
  }
}

function alike(one, other) {
  return one.nodeName === other.nodeName && key(one) === key(other);
}

function key(node) {
  return node.dataset?.key ?? null;
}
