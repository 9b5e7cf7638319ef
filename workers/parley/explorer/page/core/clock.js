/** What time it is on the chain: by this machine's clock, or the newest block's where the two are far apart. */

const FAR = 120;

let newest = 0;
let skew = 0;

/** Take in the time of the newest block, seconds. */
export function setHead(time) {
  const apart = time - Date.now() / 1000;
  newest = time;
  skew = Math.abs(apart) > FAR ? apart : 0;
}

/** Seconds since the epoch; never before the newest block. */
export function now() {
  return Math.max(newest, Date.now() / 1000 + skew);
}
