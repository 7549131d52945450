import { setTimeout as sleep } from "node:timers/promises";
import { ends, type Expectation } from "../../catalogue/fault.js";
import { callsAgain, staysOn, type CallFault, type CallScene } from "../call-fault.js";
import { passOn, type OfferExchange } from "../offer-proxy.js";

type Exchange = (exchange: OfferExchange) => unknown;

/** The first offer of the session meets this. */
function first(name: string, injected: string, exchange: Exchange, expect: Expectation): CallFault {
  return {
    name,
    injected,
    before: ({ offers }) => (offers.exchange = exchange),
    strike: () => undefined,
    expect,
  };
}

/** The call is cut, and offers meet this for so long; without a time, for good. */
function again(name: string, injected: string, exchange: Exchange, expect: Expectation, forMs?: number): CallFault {
  const strike = async ({ offers, service }: CallScene): Promise<void> => {
    offers.exchange = exchange;
    for (const session of service.sessions) session.drop();
    if (forMs === undefined) return;
    await sleep(forMs);
    offers.exchange = undefined;
  };
  return { name, injected, strike, expect };
}

const says =
  (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Exchange =>
  ({ response }) =>
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(body);

const problem = (code: string, message: string): string => JSON.stringify({ error: { code, message } });

const answers =
  (sdp: string): Exchange =>
  ({ response }) =>
    response.writeHead(201, { "Content-Type": "application/sdp" }).end(sdp);

const edits =
  (change: (sdp: string) => string): Exchange =>
  (exchange) =>
    passOn(exchange, change);

/** Half of an honest answer, and then whatever. */
const half =
  (then: (exchange: OfferExchange) => unknown): Exchange =>
  async (exchange) => {
    const { body } = await exchange.honest();
    exchange.response.writeHead(201, { "Content-Type": "application/sdp", "Content-Length": String(body.length) });
    exchange.response.write(body.slice(0, body.length / 2));
    await sleep(20);
    await then(exchange);
  };

const hangs: Exchange = () => undefined;
const breaks: Exchange = ({ response }) => response.destroy();
const without = (sdp: string, lines: RegExp): string => sdp.replace(lines, "");
/** The section of a medium is rejected: its port is 0 (RFC 3264, 6). */
const rejecting = (sdp: string, medium: string): string => sdp.replace(new RegExp(`m=${medium} \\d+`), `m=${medium} 0`);

/** HTTP does what HTTP does when the app calls. */
const refusals: readonly CallFault[] = [
  first(
    "http-302",
    "HTTP 302 to where nothing is",
    ({ response }) =>
      response.req.method === "POST"
        ? response.writeHead(302, { Location: "/elsewhere" }).end()
        : response.writeHead(404).end(),
    ends("service-error"),
  ),
  first("http-401", "HTTP 401", says(401, problem("invalid_api_key", "No.")), ends("unauthorized")),
  first("http-403", "HTTP 403 with a page of HTML", says(403, "<html>Forbidden</html>"), ends("unauthorized")),
  first("http-404", "HTTP 404", says(404, problem("model_not_found", "No.")), ends("service-error")),
  first(
    "http-429",
    "HTTP 429 with `Retry-After`",
    says(429, problem("rate_limit_exceeded", "Slowly."), { "Retry-After": "1" }),
    ends("service-error"),
  ),
  first("http-500", "HTTP 500", says(500, "Oops"), ends("service-error")),
  first("http-503", "HTTP 503", says(503, ""), ends("service-error")),
  first(
    "http-quotes-the-credential",
    "HTTP 400 that quotes the credential, raw and encoded",
    ({ response, credential: key }) =>
      says(
        400,
        problem(key, `the key ${key}, ${encodeURIComponent(key)}, ${btoa(key)} is bad`),
      )({
        response,
        credential: key,
        honest: () => Promise.reject(new Error("nobody asks")),
      }),
    ends("service-error"),
  ),
  {
    name: "refused",
    injected: "nobody listens where offers are taken",
    before: ({ line }) => line.refuse(),
    expect: ends("connection-failed"),
  },
  first(
    "not-http",
    "bytes that are no HTTP",
    ({ response }) => response.socket?.end("220 smtp.example ESMTP\r\n"),
    ends("connection-failed"),
  ),
  first("hung-offer", "the offer is taken and never answered", hangs, ends("connect-timeout")),
  first("offer-cut", "the line is cut instead of an answer", breaks, ends("connection-failed")),
  first("answer-cut", "the line is cut in the middle of the answer", half(breaks), ends("connection-failed")),
  first("answer-hung", "half of the answer, and then not a byte", half(hangs), ends("connect-timeout")),
  first(
    "answer-late",
    "an answer that comes after 600 ms",
    (exchange) => sleep(600).then(() => passOn(exchange)),
    staysOn(),
  ),
];

/** What comes is not the answer that it should be. */
const badAnswers: readonly CallFault[] = [
  first("answer-empty", "an empty answer", answers(""), ends("protocol-error")),
  first("answer-html", "HTTP 200 with a page of HTML", says(200, "<html>Welcome</html>"), ends("protocol-error")),
  first("answer-gibberish", "an answer that begins like SDP", answers("v=0\r\nnonsense"), ends("protocol-error")),
  first(
    "answer-huge",
    "20 MB that begin like SDP",
    answers(`v=0\r\n${"a=x\r\n".repeat(4_000_000)}`),
    ends("protocol-error"),
  ),
  first(
    "answer-without-audio",
    "an answer that rejects the audio",
    edits((sdp) => rejecting(sdp, "audio")),
    ends("protocol-error"),
  ),
  first(
    "answer-without-channel",
    "an answer that rejects the data channel",
    edits((sdp) => rejecting(sdp, "application")),
    ends("connection-failed"),
  ),
  first(
    "answer-one-medium",
    "an answer to half of the offer",
    edits((sdp) => sdp.slice(0, sdp.indexOf("m=application"))),
    ends("protocol-error"),
  ),
  first(
    "other-fingerprint",
    "an answer with the fingerprint of another certificate",
    edits((sdp) => sdp.replace(/(a=fingerprint:\S+ )(..):(..)/g, "$1$3:$2")),
    ends("connection-failed"),
  ),
  first(
    "other-password",
    "an answer with another ICE password",
    edits((sdp) => sdp.replace(/(a=ice-pwd:)\S+/g, "$1abcdefghijklmnopqrstuvwx")),
    ends("connect-timeout"),
  ),
  first(
    "no-candidates",
    "an answer that says nowhere to send to",
    edits((sdp) => without(sdp, /a=candidate:.*\r\n/g)),
    ends("connect-timeout"),
  ),
];

/** The same in the middle of a session, when it calls again. */
const redials: readonly CallFault[] = [
  again(
    "redial-unavailable",
    "the call is cut, and offers hear HTTP 503 for 300 ms",
    says(503, "", { "Retry-After": "0" }),
    callsAgain("connection-lost"),
    300,
  ),
  again(
    "redial-refused",
    "the call is cut, and the credential is refused with HTTP 401 from then on",
    says(401, problem("invalid_api_key", "No longer.")),
    ends("unauthorized"),
  ),
  again(
    "redial-hung",
    "the call is cut, and the next offer is never answered",
    hangs,
    callsAgain("connection-lost"),
    1_000,
  ),
  again(
    "redial-cut",
    "the call is cut, and so are the lines on which offers come, for 300 ms",
    breaks,
    callsAgain("connection-lost"),
    300,
  ),
  again(
    "redial-answer-cut",
    "the call is cut, and the lines on which offers come are cut in the middle of the answer, for 300 ms",
    half(breaks),
    callsAgain("connection-lost"),
    300,
  ),
  again(
    "redial-html",
    "the call is cut, and offers hear HTTP 200 with a page of HTML for 300 ms, as from a hotel's network",
    says(200, "<html>Welcome</html>"),
    callsAgain("connection-lost"),
    300,
  ),
  again(
    "redial-other-fingerprint",
    "the call is cut, and the next answer has the fingerprint of another certificate",
    edits((sdp) => sdp.replace(/(a=fingerprint:\S+ )(..):(..)/g, "$1$3:$2")),
    callsAgain("connection-lost"),
    300,
  ),
];

/** The exchange of offer and answer, over HTTP. */
export const offerFaults: readonly CallFault[] = [...refusals, ...badAnswers, ...redials];
