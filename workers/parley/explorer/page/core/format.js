/** Numbers, times and names as people read them. Pure. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  [1, "s"],
  [MINUTE, "min"],
  [HOUR, "h"],
  [DAY, "d"],
  [30 * DAY, "month"],
  [365 * DAY, "year"],
];
const UNSEEN = /(?!\ufe0f)[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/gu;
const PILED = /(\p{M}{3})\p{M}+/gu;

/** An integer with commas. */
export function integer(value) {
  return BigInt(value).toLocaleString("en");
}

/** "1 round", "2 rounds". */
export function counted(count, one, many = `${one}s`) {
  return `${integer(count)} ${count === 1 ? one : many}`;
}

/** An amount in whole tokens, every digit: 1500000000000000000 is "1.5". */
export function exactTokens(wei, decimals = 18) {
  const [whole, fraction] = split(wei, decimals);
  return `${whole.toLocaleString("en")}${fraction ? `.${fraction}` : ""}`;
}

/** An amount in whole tokens with about six digits, never more than there is. */
export function tokens(wei, decimals = 18) {
  const [whole, fraction] = split(wei, decimals);
  const shown = fraction.slice(0, Math.max(0, whole ? 6 - String(whole).length : 6)).replace(/0+$/, "");
  if (!whole && !shown && fraction) return "<0.000001";
  return `${whole.toLocaleString("en")}${shown ? `.${shown}` : ""}`;
}

/** An amount as a number that a chart can draw. */
export function drawn(wei, decimals = 18) {
  const [whole, fraction] = split(wei, decimals);
  return Number(whole) + Number(`0.${fraction || 0}`);
}

function split(wei, decimals) {
  const unit = 10n ** BigInt(decimals);
  const fraction = (BigInt(wei) % unit).toString().padStart(decimals, "0").replace(/0+$/, "");
  return [BigInt(wei) / unit, decimals ? fraction : ""];
}

/** A share of a whole: "12.3 %". */
export function percent(part, whole) {
  if (BigInt(part) === 0n) return "0 %";
  const tenths = (BigInt(part) * 2000n + BigInt(whole)) / (BigInt(whole) * 2n);
  return BigInt(part) > 0n && tenths === 0n ? "<0.1 %" : `${tenths / 10n}.${tenths % 10n} %`;
}

/** Basis points as a percentage: 2000 is "20 %". */
export function basisPoints(bps) {
  return `${(bps / 100).toLocaleString("en", { maximumFractionDigits: 2 })} %`;
}

/** A metric of a model with four digits; a dash where it is not measured. */
export function quality(value) {
  return value === null
    ? "–"
    : value.toLocaleString("en", { maximumSignificantDigits: 4, minimumSignificantDigits: 3 });
}

/** An address, a hash or a CID, shortened in the middle. */
export function short(id) {
  return id.length <= 14 ? id : `${id.slice(0, id.startsWith("0x") ? 6 : 7)}…${id.slice(-4)}`;
}

/** Text in which what cannot be seen, or turns the direction of what stands around it, becomes visible. */
export function seen(text) {
  return text.replace(UNSEEN, "\ufffd");
}

/** Foreign text on one line, with no more accents on a letter than languages have. */
export function plain(text, most = 120) {
  const line = seen(text.replace(/[\t-\r ]+/g, " "))
    .replace(PILED, "$1")
    .trim();
  const letters = [...line];
  return letters.length <= most ? line : `${letters.slice(0, most - 1).join("")}…`;
}

/** Local date and time. */
export function local(time) {
  return new Date(time * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** Local time of day. */
export function clockTime(time) {
  return new Date(time * 1000).toLocaleTimeString("en-GB");
}

/** Date and time in UTC. */
export function utc(time) {
  return `${iso(time).replace("T", " ").replace(".000Z", "")} UTC`;
}

/** As `datetime` of a `<time>` wants it. */
export function iso(time) {
  return new Date(time * 1000).toISOString();
}

/** How long, roughly: "12 s", "3 min", "2 h", "5 d". */
export function duration(seconds) {
  const { count, unit, name } = largest(seconds);
  return unit === 0 ? "0 s" : `${count} ${name}${name.length > 3 && count > 1 ? "s" : ""}`;
}

/** How long, to the second unit where the first is small: "1 min 40 s", "12 min". */
export function length(seconds) {
  const { count, unit } = largest(seconds);
  const rest = Math.round(seconds) - count * unit;
  const exact = unit > 1 && count < 10 && largest(rest).count > 0;
  return exact ? `${duration(count * unit)} ${duration(rest)}` : duration(seconds);
}

function largest(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [unit, name] = STEPS.findLast(([step]) => whole >= step) ?? [0, "s"];
  return { count: unit ? Math.floor(whole / unit) : 0, unit, name };
}

/** How long ago, or until when. */
export function ago(time, now) {
  const passed = Math.round(now - time);
  if (passed === 0) return "now";
  return passed > 0 ? `${duration(passed)} ago` : `in ${duration(-passed)}`;
}
