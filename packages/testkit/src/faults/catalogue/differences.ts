import { continues, ends, type Expectation, type SubjectName } from "./fault.js";

/** Where a protocol makes something else of a fault than the catalogue expects. */
export interface Difference {
  /** What must hold instead; undefined where there is nothing that the fault could be injected into. */
  readonly expect?: Expectation;
  /** For the table: a clause. */
  readonly because: string;
}

type Differences = Readonly<Record<string, Difference>>;

const closeIsTheMessage: Difference = {
  expect: ends("service-error"),
  because: "Gemini has no error messages: the close code is what the service says",
};
const notUnderstood: Difference = {
  expect: ends("protocol-error"),
  because: "with this code a server says that it did not understand the frames",
};
const undecodable: Difference = {
  expect: continues(1_000, "protocol-error"),
  because: "a protobuf frame of an unknown kind cannot be told from a damaged one",
};
const passedOn = "RTVI messages are handed to the client as they are";

const nothingToCancel: Difference = {
  expect: continues(1_000),
  because: "the protocol has no cancel, so that nothing waits for its answer",
};

const gemini: Differences = {
  "quotes-the-credential": {
    expect: ends("unauthorized"),
    because: "it has no error messages: the code of the close says that the credential is refused",
  },
  trickle: {
    expect: { outcome: "continues", errors: [], maybe: ["connection-lost"], within: 5_000 },
    because: "without a ping, a service that is silent in the midst of an answer is given up after `timeouts.silence`",
  },
  "black-hole-down": {
    expect: { outcome: "continues", errors: [], maybe: ["connection-lost"], within: 5_000 },
    because: "without a ping, silence is noticed only while something is owed",
  },
  "answer-without-end-or-cancel": nothingToCancel,
  "close-1000": {
    expect: continues(1_000, "service-error"),
    because: "the session is resumed with its last handle",
  },
  "close-1002": closeIsTheMessage,
  "close-1003": closeIsTheMessage,
  "close-1007": closeIsTheMessage,
  "close-1008": {
    expect: continues(1_000, "service-error"),
    because: "sessions break with 1008 around function calls: it is begun anew once",
  },
  "close-1009": closeIsTheMessage,
  "close-1010": closeIsTheMessage,
  "session-expired": {
    expect: continues(1_000, "connection-lost"),
    because: "the end is announced by `goAway`, and the close that follows is a plain one",
  },
};

const pipecat: Differences = {
  "answer-without-end-or-cancel": nothingToCancel,
  "close-1002": notUnderstood,
  "close-1003": notUnderstood,
  "close-1007": notUnderstood,
  "close-1008": { expect: ends("unauthorized"), because: "with 1008 Pipecat's servers turn a client away" },
  "session-expired": {
    expect: ends("service-error"),
    because: "an RTVI `error` that is fatal ends the session",
  },
  "set-up-unanswered": { because: "a bot has no set-up but `client-ready`, for which see `never-ready`" },
  malformed: {
    expect: continues(500, "none", "protocol-error"),
    because: "one of the frames is an RTVI `error`, which has no code",
  },
  "quotes-the-credential": {
    expect: ends("unauthorized"),
    because: "an RTVI `error` that is not fatal ends nothing: the close does",
  },
  "wrong-types": {
    expect: continues(1_000, "protocol-error"),
    because: "what a bot sends in the place of an RTVI message is told once",
  },
  "message-flood": {
    expect: continues(3_000, "protocol-error"),
    because: "each of its 20 000 messages is a Protocol Buffer",
  },
  "unknown-kind": undecodable,
  "slow-frame": undecodable,
  "unknown-tool": { expect: continues(1_000), because: passedOn },
  "error-that-ends-nothing": {
    expect: continues(1_000, "none"),
    because: "an RTVI `error` has no code",
  },
};

const soundIsNoEvent: Difference = { because: "the sound of a call is no message" };

const floodOfItsOwn: Difference = {
  because: "thousands of messages take minutes to leave a data channel: see `channel-flood`",
};

const openAiWebRtc: Differences = {
  "sound-after-end": soundIsNoEvent,
  "endless-answer": soundIsNoEvent,
  "wrong-types": floodOfItsOwn,
  "answer-in-a-flood": floodOfItsOwn,
  "message-flood": floodOfItsOwn,
  "empty-frames": { because: "an empty message of a data channel is one byte: see `empty-chunk`" },
  oversized: { because: "a data channel carries no more than 256 KiB" },
};

/** By transport and fault. What is not named here is as the catalogue says. */
export const DIFFERENCES: Readonly<Record<SubjectName, Differences>> = {
  "openai-websocket": {
    "wrong-types": {
      expect: continues(1_000, "protocol-error", "service-error"),
      because: "what a `response.done` says of an error is told, in whatever shape it stands there",
    },
  },
  "openai-webrtc": openAiWebRtc,
  gemini,
  pipecat,
};

/** What must hold for a transport under a fault; undefined where the fault is none for it. */
export function expectationOf(
  fault: { readonly name: string; readonly expect: Expectation },
  subject: SubjectName,
): Expectation | undefined {
  const difference = DIFFERENCES[subject][fault.name];
  return difference === undefined ? fault.expect : difference.expect;
}
