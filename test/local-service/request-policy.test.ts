import { describe, expect, it } from "vitest";
import { judgeRequest, readOrigins, type RequestFacts } from "../../packages/local-service/src/request-policy.js";

const HOST = "127.0.0.1:8765";
const LISTED = "http://localhost:5173";
const rules = { allowOrigins: readOrigins([LISTED, "https://app.test"]), contentTypes: ["application/json"] };

/** Values of each header, by what they say of the request. */
const HOSTS = {
  good: [HOST, "localhost:8765", "LOCALHOST", "[::1]:8765", "127.0.0.1"],
  bad: [
    undefined,
    "",
    "evil.test:8765",
    "evil.test",
    "127.0.0.1.evil.test",
    "localhost.evil.test",
    "127.0.0.1:8765,evil",
    "evil@localhost",
    "foo.localhost",
    "0.0.0.0:8765",
    "192.168.1.2:8765",
    "localhost:x",
  ],
};
const FOREIGN = [
  "null",
  "",
  "*",
  "http://evil.test",
  "http://localhost:5174",
  "https://localhost:5173",
  "http://localhost:51730",
  "http://localhost:5173/",
  "http://127.0.0.1:1",
  `https://${HOST}`,
  `${LISTED}, http://evil.test`,
  "file://",
];
const FOREIGN_SITES = ["same-site", "cross-site", "", "Same-Origin", "same-origin, cross-site"];
const READS = ["GET", "HEAD"];
const WRITES = ["POST", "PUT", "PATCH", "DELETE", "post", "PROPFIND"];
const JSON_TYPES = ["application/json", "Application/JSON", "application/json; charset=utf-8", " application/json ;x"];
const OTHER_TYPES = [
  undefined,
  "",
  "text/plain",
  "text/plain;charset=application/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json, text/plain",
  "application/jsonp",
  "text/json",
];

/** Every combination; the page's own origin is that of the row's host. */
function everyRow(): RequestFacts[] {
  const requests = [
    ...[...READS, "OPTIONS", ...WRITES].map((method) => ({ method, isUpgrade: false })),
    { method: "GET", isUpgrade: true },
  ];
  return requests.flatMap((request) =>
    [...HOSTS.good, ...HOSTS.bad].flatMap((host) =>
      [undefined, "own", LISTED, "HTTPS://App.test", ...FOREIGN].flatMap((origin) =>
        [undefined, "same-origin", "none", ...FOREIGN_SITES].flatMap((fetchSite) =>
          [...JSON_TYPES, ...OTHER_TYPES].map((contentType) => {
            return {
              ...request,
              host,
              origin: origin === "own" ? `http://${host ?? ""}` : origin,
              fetchSite,
              contentType,
            };
          }),
        ),
      ),
    ),
  );
}

const rows = everyRow();

const isIn = (list: readonly (string | undefined)[], value: string | undefined): boolean => list.includes(value);

/** The first reason to refuse, in the order in which they are looked at; undefined for none. */
function reason({ method, isUpgrade, host, origin, fetchSite, contentType }: RequestFacts): string | undefined {
  if (isIn(HOSTS.bad, host)) return "host";
  const isListed = isIn([LISTED, "HTTPS://App.test"], origin);
  if (isIn(FOREIGN, origin)) return "origin";
  if (!isListed && isIn(FOREIGN_SITES, fetchSite)) return "fetch-site";
  const isTyped = isIn(READS, method) && !isUpgrade && origin === undefined;
  if (!isListed && fetchSite === "none" && !isTyped) return "fetch-site";
  return isIn(WRITES, method) && isIn(OTHER_TYPES, contentType) ? "content-type" : undefined;
}

describe("request policy", () => {
  it("request policy: decides every combination of method, origin, site, host and content type as the table says", () => {
    const wrong = rows.filter((row) => {
      const verdict = judgeRequest(row, rules);
      return (verdict.isAllowed ? undefined : verdict.because) !== reason(row);
    });
    expect(wrong).toEqual([]);
    expect(rows.length).toBeGreaterThan(100_000);
    // Not all of one kind.
    expect(new Set(rows.map(reason))).toEqual(new Set([undefined, "host", "origin", "fetch-site", "content-type"]));
  });

  it("request policy: names only pages on the allow list as readers of the answer", () => {
    const wrong = rows.filter((row) => {
      const verdict = judgeRequest(row, rules);
      const isListed = isIn([LISTED, "HTTPS://App.test"], row.origin);
      return verdict.isAllowed && verdict.listedOrigin !== (isListed ? row.origin : undefined);
    });
    expect(wrong).toEqual([]);
  });

  it("request policy: takes any content type where there is nothing to post to", () => {
    const row: RequestFacts = {
      method: "POST",
      isUpgrade: false,
      host: HOST,
      origin: undefined,
      fetchSite: undefined,
      contentType: undefined,
    };
    expect(judgeRequest(row, { ...rules, contentTypes: undefined })).toEqual({
      isAllowed: true,
      listedOrigin: undefined,
    });
    expect(judgeRequest(row, { ...rules, contentTypes: ["application/sdp"] })).toMatchObject({ status: 415 });
  });

  it("request policy: quotes what was wrong, but not without end", () => {
    const row: RequestFacts = {
      method: "GET",
      isUpgrade: false,
      host: "x".repeat(10_000),
      origin: undefined,
      fetchSite: undefined,
      contentType: undefined,
    };
    const verdict = judgeRequest(row, rules);
    expect(verdict).toMatchObject({ isAllowed: false, status: 403 });
    expect(JSON.stringify(verdict).length).toBeLessThan(300);
  });
});
