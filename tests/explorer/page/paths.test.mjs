import assert from "node:assert/strict";
import test from "node:test";

import { elsewhere, match, numberIn, paths, safeHref } from "../../../workers/parley/explorer/page/core/paths.js";

const ADDRESS = `0x${"Ab".repeat(20)}`;
const HASH = `0x${"cd".repeat(32)}`;

test("match: each path leads back to its view", () => {
  assert.deepEqual(match(paths.home()), { view: "home" });
  assert.deepEqual(match(paths.federation(7)), { view: "federation", fid: 7 });
  assert.deepEqual(match("/federations/7/"), { view: "federation", fid: 7 });
  assert.deepEqual(match(paths.round(7, 12)), { view: "round", fid: 7, number: 12 });
  assert.deepEqual(match(paths.participant(7, ADDRESS)), { view: "participant", fid: 7, address: ADDRESS });
  assert.deepEqual(match(paths.transaction(HASH)), { view: "transaction", hash: HASH });
});

test("match: anything else leads nowhere", () => {
  for (const path of [
    "/federations",
    "/federations/x",
    "/federations/01",
    "/federations/-1",
    "/federations/9999999999999999999",
    "/federations/1/rounds",
    "/federations/1/rounds/1e3",
    "/federations/1/rounds/1/2",
    "/federations/1/participants/0x12",
    "/federations/1/other/1",
    "/transactions/0xzz",
    `/transactions/${HASH}/more`,
    "/constructor",
    "/__proto__/1",
  ]) {
    assert.equal(match(path), null, path);
  }
});

test("paths: what is searched for and where a page begins", () => {
  assert.equal(paths.found("a&b=c #1"), "/?q=a%26b%3Dc%20%231");
  assert.equal(paths.federation(1, 0), "/federations/1?before=0");
  assert.equal(numberIn(new URLSearchParams("before=12"), "before"), 12);
  assert.equal(numberIn(new URLSearchParams("before=x"), "before"), null);
  assert.equal(numberIn(new URLSearchParams(""), "before"), null);
});

test("safeHref: own paths and http alone", () => {
  for (const href of ["/", "/a/b?c#d", "#main", "?q=1", "https://example.org/x", "http://127.0.0.1:1"]) {
    assert.equal(safeHref(href), href);
  }
  for (const href of ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:text/html,x", " javascript:x", "x", ""]) {
    assert.throws(() => safeHref(href), TypeError, href);
  }
});

test("elsewhere: a template filled in, or nothing", () => {
  assert.equal(elsewhere("https://explorer.example/tx/{}", "a/b"), "https://explorer.example/tx/a%2Fb");
  assert.equal(elsewhere("javascript:{}", "a"), null);
  assert.equal(elsewhere(null, "a"), null);
});
