import { setTimeout as sleep } from "node:timers/promises";
import { ends } from "../../catalogue/fault.js";
import { callsAgain, STAYS_WITHIN_MS, type CallFault, type CallScene } from "../call-fault.js";

/** As long as a set-up that is never answered, and a call after it, may take. */
const CALLS_WITHIN_MS = 10_000;

const hangUp = ({ service }: CallScene): void => {
  for (const session of service.sessions) session.drop();
};

/** Nobody listens where offers are taken; a browser keeps its lines for the next one. */
async function gone({ line }: CallScene): Promise<void> {
  await line.refuse();
  line.reset();
}

/** Waits for another call than those that there were. */
async function calledAgain({ service }: CallScene): Promise<void> {
  const before = new Set(service.sessions.map(({ id }) => id));
  for (let waited = 0; waited < CALLS_WITHIN_MS && service.sessions.every(({ id }) => before.has(id)); waited += 10) {
    await sleep(10);
  }
}

/** Trouble of the service itself, played by the local service. */
export const callServiceFaults: readonly CallFault[] = [
  {
    name: "channel-closed",
    injected: "the service closes the data channel, then the call",
    strike: hangUp,
    expect: callsAgain("connection-lost"),
  },
  {
    name: "terminated",
    injected: "the service is gone without a word",
    strike: ({ service }) => {
      for (const session of service.sessions) session.terminate();
    },
    expect: callsAgain("connection-lost"),
  },
  {
    name: "hung-up-twice",
    injected: "the service ends the call, and again as soon as the session is ready again",
    strike: async (scene) => {
      hangUp(scene);
      await calledAgain(scene);
      await sleep(300);
      hangUp(scene);
      await sleep(100);
    },
    expect: callsAgain("connection-lost"),
  },
  {
    name: "hung-up-while-bot-speaks",
    injected: "the service ends the call in the middle of an answer",
    strike: async (scene) => {
      scene.ask("a long story please");
      await sleep(400);
      hangUp(scene);
    },
    expect: callsAgain("connection-lost"),
  },
  {
    name: "session-expired",
    injected: "the session reaches its maximum duration",
    strike: async ({ service }) => {
      const message = "Your session hit the maximum duration of 60 minutes.";
      for (const session of service.sessions) {
        session.send({ type: "error", error: { type: "invalid_request_error", code: "session_expired", message } });
        session.drop();
      }
      await sleep(50);
    },
    expect: callsAgain("service-error"),
  },
  {
    name: "away-briefly",
    injected: "the service ends the call, and nobody listens for 300 ms",
    strike: async (scene) => {
      await gone(scene);
      hangUp(scene);
      await sleep(300);
      await scene.line.accept();
    },
    expect: callsAgain("connection-lost"),
  },
  {
    name: "away-for-good",
    injected: "the service ends the call, and nobody listens from then on",
    strike: async (scene) => {
      await gone(scene);
      hangUp(scene);
    },
    expect: ends("connection-failed"),
  },
  {
    name: "silent",
    injected: "the service opens the data channel and never says a word",
    before: ({ service }) => (service.faults.silent = true),
    expect: ends("ready-timeout"),
  },
  {
    name: "silent-after-redial",
    injected: "the call is cut, and the service is silent on the next one, but not on the one after",
    strike: async (scene) => {
      scene.service.faults.silent = true;
      hangUp(scene);
      await calledAgain(scene);
      scene.service.faults.silent = false;
      // Deaf to whatever is asked of it, until the app has had enough.
      await calledAgain(scene);
    },
    expect: callsAgain("connection-lost", "ready-timeout"),
  },
  {
    name: "set-up-unanswered",
    injected: "the service never answers the session's set-up",
    before: ({ service }) => (service.faults.noUpdated = true),
    expect: ends("ready-timeout"),
  },
  {
    name: "unauthorized-after-open",
    injected: "the service takes the call, then refuses the credential",
    before: ({ service }) => (service.faults.unauthorizedAfterOpen = true),
    expect: ends("unauthorized"),
  },
  {
    name: "unauthorized-on-redial",
    injected: "the call is cut, and the credential is refused on the next one",
    strike: (scene) => {
      scene.service.faults.unauthorizedAfterOpen = true;
      hangUp(scene);
    },
    expect: ends("unauthorized"),
  },
  {
    name: "malformed",
    injected: "thirty messages that break the protocol in every way, as soon as the data channel is open",
    before: ({ service }) => (service.faults.malformed = true),
    strike: () => undefined,
    // `error` in a shape of a gateway is an error of the service.
    expect: { outcome: "continues", errors: ["protocol-error"], maybe: ["service-error"], within: STAYS_WITHIN_MS },
  },
];
