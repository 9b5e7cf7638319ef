import assert from "node:assert/strict";
import test from "node:test";

import * as format from "../../../workers/parley/explorer/page/core/format.js";

const WEI = 10n ** 18n;

test("tokens: about six digits, never more than there is", () => {
  const shown = (wei, decimals) => format.tokens(String(wei), decimals);
  assert.equal(shown(0), "0");
  assert.equal(shown(WEI), "1");
  assert.equal(shown((3n * WEI) / 2n), "1.5");
  assert.equal(shown(1999999999999999999n), "1.99999");
  assert.equal(shown(1234567n * WEI + 1n), "1,234,567");
  assert.equal(shown(WEI / 1000n), "0.001");
  assert.equal(shown(1n), "<0.000001");
  assert.equal(shown(123456789n, 6), "123.456");
  assert.equal(shown(7n, 0), "7");
  assert.equal(shown(2n ** 255n).startsWith("57,896,044"), true);
});

test("exactTokens: every digit", () => {
  assert.equal(format.exactTokens(String(WEI + 1n)), "1.000000000000000001");
  assert.equal(format.exactTokens("1234567890", 6), "1,234.56789");
  assert.equal(format.exactTokens("0"), "0");
});

test("drawn: as near as a number can be", () => {
  assert.equal(format.drawn(String((5n * WEI) / 4n)), 1.25);
  assert.equal(format.drawn("0"), 0);
  assert.equal(format.drawn("1", 0), 1);
});

test("percent: one decimal, something is not nothing", () => {
  assert.equal(format.percent("1", "3"), "33.3 %");
  assert.equal(format.percent("2", "3"), "66.7 %");
  assert.equal(format.percent("0", "0"), "0 %");
  assert.equal(format.percent("1", "100000"), "<0.1 %");
  assert.equal(format.percent("5", "5"), "100.0 %");
});

test("basisPoints, counted, integer, quality", () => {
  assert.equal(format.basisPoints(2000), "20 %");
  assert.equal(format.basisPoints(1234), "12.34 %");
  assert.equal(format.counted(1, "round"), "1 round");
  assert.equal(format.counted(2000, "round"), "2,000 rounds");
  assert.equal(format.integer("18446744073709551615"), "18,446,744,073,709,551,615");
  assert.equal(format.quality(null), "–");
  assert.equal(format.quality(0.95612), "0.9561");
  assert.equal(format.quality(1), "1.00");
});

test("short: addresses, hashes and CIDs in the middle, names as they are", () => {
  assert.equal(format.short(`0x${"ab".repeat(20)}`), "0xabab…abab");
  assert.equal(format.short(`bafkrei${"q".repeat(50)}`), "bafkrei…qqqq");
  assert.equal(format.short("trainer-1"), "trainer-1");
});

test("plain: what hides or turns text is seen, and it ends", () => {
  assert.equal(format.plain("<img src=x onerror=alert(1)>"), "<img src=x onerror=alert(1)>");
  assert.equal(format.plain("a\u202egnp.exe"), "a\ufffdgnp.exe");
  assert.equal(format.plain("pay\u200bpal\u2066\ufeff\u00ad"), "pay\ufffdpal\ufffd\ufffd\ufffd");
  assert.equal(format.plain("tag\u{e0041}\u{e007f}"), "tag\ufffd\ufffd");
  assert.equal(format.plain("a\nb\t c\u0000"), "a b c\ufffd");
  assert.equal(format.plain(`e${"\u0301".repeat(50)}`), `e${"\u0301".repeat(3)}`);
  assert.equal(format.plain("\ud800"), "\ufffd");
  assert.equal([...format.plain("😀".repeat(500))].length, 120);
  assert.equal(format.plain("مرحبا"), "مرحبا");
});

test("seen: nothing hides, everything else stays", () => {
  assert.equal(format.seen("a  b\u00a0c\u202ed\u0000"), "a  b\u00a0c\ufffdd\ufffd");
});

test("duration and ago: one unit, rounded down", () => {
  assert.equal(format.duration(0), "0 s");
  assert.equal(format.duration(59.4), "59 s");
  assert.equal(format.duration(119), "1 min");
  assert.equal(format.duration(7200), "2 h");
  assert.equal(format.duration(86400 * 45), "1 month");
  assert.equal(format.duration(86400 * 800), "2 years");
  assert.equal(format.duration(-5), "0 s");
  assert.equal(format.ago(100, 100.3), "now");
  assert.equal(format.ago(100, 160), "1 min ago");
  assert.equal(format.ago(130, 100), "in 30 s");
});

test("length: a second unit where the first is small", () => {
  assert.equal(format.length(0), "0 s");
  assert.equal(format.length(59), "59 s");
  assert.equal(format.length(100), "1 min 40 s");
  assert.equal(format.length(300), "5 min");
  assert.equal(format.length(7261), "2 h 1 min");
  assert.equal(format.length(12 * 60 + 5), "12 min");
});

test("utc and iso: seconds, in UTC", () => {
  assert.equal(format.utc(0), "1970-01-01 00:00:00 UTC");
  assert.equal(format.iso(1780000000), "2026-05-28T20:26:40.000Z");
});
