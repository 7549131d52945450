import { setTimeout as sleep } from "node:timers/promises";
import type { LiveSession } from "../../../../local-service/src/index.js";
import { continues, ends, type Fault, type Scene } from "./fault.js";

const closing = (code: number, reason = "") => ({
  name: `close-${String(code)}`,
  injected: `the service closes with ${String(code)}${reason === "" ? "" : ` "${reason}"`}`,
  strike: ({ service }: Scene) => {
    for (const session of service.sessions) session.drop(code, reason);
  },
});

/** Codes after which a fresh connection may work. */
const passing = [1001, 1011, 1012, 1013, 1014].map((code): Fault => ({
  ...closing(code),
  expect: continues(1_000, "connection-lost"),
}));

/** Codes that another attempt would only hear again. */
const lasting = [1000, 1002, 1003, 1007, 1008, 1009, 1010].map((code): Fault => ({
  ...closing(code),
  expect: ends("connection-lost"),
}));

/** Each protocol has its own way to say that the time is over. */
function expire(session: LiveSession): void {
  const message = "Your session hit the maximum duration of 60 minutes.";
  if (session.protocol === "openai") {
    session.send({ type: "error", error: { type: "invalid_request_error", code: "session_expired", message } });
    session.drop(1001, message);
  } else if (session.protocol === "gemini") {
    session.send({ goAway: { timeLeft: "0.02s" } });
    setTimeout(() => session.drop(1001, message), 20);
  } else {
    session.send({ type: "error", data: { error: message, fatal: true } });
    session.drop(1000);
  }
}

/** Trouble of the service itself, played by the local service. */
export const serviceFaults: readonly Fault[] = [
  ...passing,
  ...lasting,
  { ...closing(3000, "invalid_request_error.invalid_api_key"), expect: ends("unauthorized") },
  { ...closing(4000, "session ended"), expect: ends("service-error") },
  { ...closing(4999), expect: ends("service-error") },
  {
    name: "terminated",
    injected: "the service cuts the socket without a close frame",
    strike: ({ service }) => {
      for (const session of service.sessions) session.terminate();
    },
    expect: continues(1_000, "connection-lost"),
  },
  {
    name: "session-expired",
    injected: "the session reaches its maximum duration",
    strike: async ({ service }) => {
      for (const session of service.sessions) expire(session);
      await sleep(50);
    },
    expect: continues(1_000, "service-error"),
  },
  {
    name: "unavailable",
    injected: "HTTP 503 instead of the handshake",
    before: ({ service }) => (service.faults.unavailable = true),
    expect: ends("connection-failed"),
  },
  {
    name: "unavailable-for-a-while",
    injected: "the line is cut, and redials hear HTTP 503 for 100 ms",
    strike: async ({ service, proxy }) => {
      service.faults.unavailable = true;
      proxy.reset();
      await sleep(100);
      service.faults.unavailable = false;
    },
    expect: continues(1_000, "connection-lost"),
  },
  {
    name: "hung-upgrade",
    injected: "the service takes the connection and never answers the handshake",
    before: ({ service }) => (service.faults.stallUpgrade = true),
    expect: ends("connect-timeout"),
  },
  {
    name: "silent",
    injected: "the service opens the socket and never says a word",
    before: ({ service }) => (service.faults.silent = true),
    expect: ends("ready-timeout"),
  },
  {
    name: "silent-after-redial",
    injected: "the line is cut, and the service is silent on the next one, but not on the one after",
    strike: async ({ service, proxy }) => {
      service.faults.silent = true;
      proxy.reset();
      await sleep(1_000);
      service.faults.silent = false;
    },
    expect: continues(7_000, "connection-lost", "ready-timeout"),
  },
  {
    name: "set-up-unanswered",
    injected: "the service never answers the session's set-up",
    before: ({ service }) => (service.faults.noUpdated = true),
    expect: ends("ready-timeout"),
  },
  {
    name: "unauthorized-after-open",
    injected: "the service accepts the socket, then refuses the credential",
    before: ({ service }) => (service.faults.unauthorizedAfterOpen = true),
    expect: ends("unauthorized"),
  },
  {
    name: "unauthorized-on-redial",
    injected: "the line is cut, and the credential is refused on the next one",
    strike: ({ service, proxy }) => {
      service.faults.unauthorizedAfterOpen = true;
      proxy.reset();
    },
    expect: ends("unauthorized"),
  },
  {
    name: "malformed",
    injected: "thirty frames that break the protocol in every way, as soon as the socket is open",
    before: ({ service }) => (service.faults.malformed = true),
    strike: () => undefined,
    // OpenAI's `error` in a shape of a gateway is an error of the service.
    expect: { outcome: "continues", within: 500, errors: ["protocol-error"], maybe: ["service-error"] },
  },
];
