import { setTimeout as sleep } from "node:timers/promises";
import type { FaultCode } from "../../../../../src/contracts/fault.js";
import type { LiarProtocol, Turn } from "../liars/liar-protocol.js";
import { repeatedly, type LiarLine, type Lie } from "../liars/liar.js";
import { continues, ends, type Expectation, type Fault, type LiarScene } from "./fault.js";
import { nonsense, wrongTypes } from "./nonsense.js";

type Tell = (line: LiarLine, turn: Turn, id: string) => unknown;

/** Long enough for what a liar says at once to arrive and be dealt with. */
const HEARD_MS = 150;

/** One answer is a lie, the next is honest again. */
function answer(
  name: string,
  injected: string,
  tell: Tell,
  errors: readonly FaultCode[] = [],
  after: Lie = {},
): Fault<LiarScene> {
  const strike = async ({ liar, ask }: LiarScene): Promise<void> => {
    const told = new Promise<void>((resolve, reject) => {
      liar.lie = {
        turn: (line, turn, id) => {
          liar.lie = after;
          Promise.resolve(tell(line, turn, id)).then(() => resolve(), reject);
        },
      };
    });
    ask("lie to me");
    await told;
    await sleep(HEARD_MS);
  };
  return { name, injected, server: "liar", strike, expect: continues(1_000, ...errors) };
}

/** Something is said that nobody asked for, in a quiet moment. */
function outburst(
  name: string,
  injected: string,
  say: (line: LiarLine, protocol: LiarProtocol) => unknown,
  expect: Expectation = continues(1_000),
  writes = true,
): Fault<LiarScene> {
  const strike = async ({ liar }: LiarScene): Promise<void> => {
    await say(liar.line, liar.line.protocol);
    await sleep(HEARD_MS);
  };
  return { name, injected, server: "liar", strike, writes, expect };
}

/** The opening of the session is a lie. */
function opening(name: string, injected: string, lie: Lie, expect: Expectation): Fault<LiarScene> {
  return { name, injected, server: "liar", before: ({ liar }) => (liar.lie = lie), strike: () => undefined, expect };
}

function flood(line: LiarLine, { unknown }: LiarProtocol): void {
  const frame = unknown();
  line.say(Array.from({ length: 20_000 }, () => frame));
}

/** In a flood the answer to what the app asks next may be lost as well: then silence decides. */
function floods(fault: Fault<LiarScene>): Fault<LiarScene> {
  const { expect } = fault;
  return { ...fault, expect: expect.outcome === "continues" ? { ...expect, maybe: ["connection-lost"] } : expect };
}

/** A credential as a service may quote it; the last is cut, which shows only at the end of a text. */
function quotesOf(key: string): string[] {
  const inForm = new URLSearchParams({ key }).toString();
  return [key, encodeURIComponent(key), inForm, btoa(key), btoa(`user:${key}`), key.slice(0, -5)];
}

const openings: readonly Fault<LiarScene>[] = [
  opening("never-ready", "the set-up is never answered", { ready: () => undefined }, ends("ready-timeout")),
  opening(
    "ready-late",
    "the set-up is answered after 300 ms",
    { ready: (line) => sleep(300).then(() => line.say(line.protocol.ready())) },
    continues(500),
  ),
  opening(
    "ready-early",
    "ready is said before anything else, and again when it is due",
    { welcome: (line) => line.say(line.protocol.ready(), line.protocol.welcome()) },
    continues(500),
  ),
  opening(
    "ready-twice",
    "every message of the opening comes twice",
    {
      welcome: (line) => line.say(line.protocol.welcome(), line.protocol.welcome()),
      ready: (line) => line.say(line.protocol.ready(), line.protocol.ready()),
    },
    continues(500),
  ),
  opening(
    "answer-before-ready",
    "the bot answers before the session is ready",
    {
      welcome: (line) => line.say(line.protocol.welcome(), Object.values(line.protocol.turn("too early", "0")).flat()),
    },
    continues(500),
  ),
  opening(
    "closes-while-opening",
    "the service closes with 1011 instead of being ready",
    { ready: (line) => line.close(1011, "no") },
    ends("connection-lost"),
  ),
  opening(
    "quotes-the-credential",
    "the service refuses the session and quotes the credential, raw and encoded",
    {
      ready: (line) => {
        const { credential: key, protocol } = line;
        for (const form of quotesOf(key)) line.say(protocol.quotation(form));
        line.say(protocol.failure(`bad key: ${quotesOf(key).join()}`));
        // As long as a reason may be: the key is cut.
        line.close(3000, `${"the key that you sent is not one of ours:".padEnd(90)}${key}`.slice(0, 120));
      },
    },
    ends("service-error"),
  ),
];

const answers: readonly Fault<LiarScene>[] = [
  answer("every-frame-twice", "an answer each of whose messages comes twice", (line, { begin, middle, end }) =>
    line.say(...[...begin, ...middle, ...end].map((frame) => [frame, frame])),
  ),
  answer("answer-backwards", "an answer whose messages come in reverse order", (line, { begin, middle, end }) =>
    line.say([...begin, ...middle, ...end].reverse()),
  ),
  answer("answer-without-begin", "an answer that never began", (line, { middle, end }) => line.say(middle, end)),
  answer("answer-without-end", "an answer that never ends", (line, { begin, middle }) => line.say(begin, middle)),
  answer("end-without-answer", "the end of an answer, and nothing before it", (line, { end }) => line.say(end)),
  answer("sound-after-end", "two seconds of sound after the end of an answer", (line, turn, id) => {
    line.tell(turn);
    line.say(Array.from({ length: 20 }, () => line.protocol.sound(id)));
  }),
  answer("two-answers-at-once", "two answers, message by message in turn", (line, turn, id) => {
    const other = line.protocol.turn("something else", `${id}b`);
    const [one, two] = [turn, other].map(({ begin, middle, end }) => [...begin, ...middle, ...end]);
    for (const [index, frame] of (one ?? []).entries()) line.say(frame, two?.slice(index, index + 1) ?? []);
  }),
  answer("same-answer-again", "an answer with the id of one that has ended", (line, turn) => {
    line.tell(turn);
    line.tell(turn);
  }),
  answer("endless-answer", "a minute of sound in half a second, and no end", async (line, { begin }, id) => {
    line.say(begin);
    await repeatedly(line, 50, 10, () => line.say(Array.from({ length: 12 }, () => line.protocol.sound(id))));
  }),
  answer(
    "wrong-types",
    "an answer with every field of every message replaced by what it is not",
    (line, turn) => {
      line.say(turn.begin);
      for (const frame of [...turn.begin, ...turn.middle, ...turn.end]) line.say(wrongTypes(line.protocol, frame));
    },
    ["protocol-error"],
  ),
  floods(
    answer(
      "answer-in-a-flood",
      "20 000 small messages, and an answer behind them",
      (line, turn) => {
        flood(line, line.protocol);
        line.tell(turn);
      },
      ["protocol-error"],
    ),
  ),
  answer("never-answered", "a text that is never answered", () => undefined),
  answer(
    "answer-without-end-or-cancel",
    "an answer that never ends, also not when it is cancelled",
    (line, { begin, middle }) => {
      line.say(begin, middle);
    },
    ["connection-lost"],
    { cancel: () => undefined },
  ),
];

const outbursts: readonly Fault<LiarScene>[] = [
  outburst(
    "nonsense",
    "messages that are no messages of any protocol",
    (line) => line.say(nonsense()),
    continues(1_000, "protocol-error"),
  ),
  outburst("unknown-kind", "messages of a kind that nobody knows", (line, { unknown }) => {
    line.say(unknown(), unknown());
  }),
  outburst("unasked-answer", "an answer that nobody asked for", (line, protocol) =>
    line.tell(protocol.turn("by the way", "unasked")),
  ),
  outburst("interrupted-in-silence", "the user is said to interrupt while nobody speaks", (line, protocol) =>
    line.say(protocol.interrupted(), protocol.interrupted()),
  ),
  outburst(
    "unknown-tool",
    "a call of a function that was never offered, with broken arguments",
    (line, protocol) => line.say(protocol.toolCall("unasked")),
    continues(1_000, "protocol-error"),
  ),
  outburst(
    "error-that-ends-nothing",
    "an error message, and the session goes on",
    (line, protocol) => line.say(protocol.failure("a passing trouble")),
    continues(1_000, "service-error"),
  ),
  outburst(
    "oversized",
    "a message of 20 MB",
    (line, { encode }) => {
      line.say(encode({ type: "no.such.event", huge: "x".repeat(20_000_000) }));
    },
    continues(1_000, "protocol-error"),
  ),
  outburst("too-deep", "a message nested 50 000 deep", (line) => {
    line.say(`{"type":"no.such.event","deep":${"[".repeat(50_000)}${"]".repeat(50_000)}}`);
  }),
  outburst(
    "empty-frames",
    "two hundred empty frames",
    (line) => line.say(Array.from({ length: 200 }, () => "")),
    continues(1_000, "protocol-error"),
  ),
  floods(
    outburst(
      "message-flood",
      "20 000 small messages at once",
      (line, protocol) => {
        flood(line, protocol);
      },
      continues(1_000, "protocol-error"),
      false,
    ),
  ),
];

/** A service that does not keep to its protocol, whatever carries it. */
export const lies: readonly Fault<LiarScene>[] = [...openings, ...answers, ...outbursts];
