import { setTimeout as sleep } from "node:timers/promises";
import { wrongTypes } from "../../catalogue/nonsense.js";
import { callsAgain, staysOn, type CallFault } from "../call-fault.js";

const HEARD_MS = 150;
const FLOOD = 500;
/** Of the wrong messages, one of so many. */
const EVERY = 17;
const FRAME_BYTES = 960;
const FRAMES_PER_SECOND = 50;
/** Just what a data channel takes, as Chromium announces it. */
const LARGEST_BYTES = 262_144;

/** What only a call can be lied to with. */
export const callLies: readonly CallFault[] = [
  {
    name: "channel-flood",
    injected: "500 small messages, and an answer behind them",
    server: "liar",
    strike: async ({ liar }) => {
      const { line } = liar;
      line.say(Array.from({ length: FLOOD }, () => line.protocol.unknown()));
      line.tell(line.protocol.turn("behind it all", "flood"));
      await sleep(HEARD_MS);
    },
    expect: staysOn(),
  },
  {
    name: "some-wrong-types",
    injected: "an answer with some fields replaced by what they are not",
    server: "liar",
    strike: async ({ liar }) => {
      const { line } = liar;
      const { begin, middle, end } = line.protocol.turn("what is this", "wrong");
      const frames = [...begin, ...middle, ...end].flatMap((frame) => wrongTypes(line.protocol, frame));
      line.say(begin, ...frames.filter((_frame, index) => index % EVERY === 0), end);
      await sleep(HEARD_MS);
    },
    expect: staysOn("protocol-error", "service-error"),
  },
  {
    name: "empty-chunk",
    injected: "an SCTP chunk without a byte, which RFC 9260 forbids",
    server: "liar",
    strike: async ({ liar }) => {
      liar.line.channel.send("");
      await sleep(HEARD_MS);
    },
    expect: callsAgain("connection-lost"),
  },
  {
    name: "largest-message",
    injected: "a message of 256 KiB, the largest that fits a data channel",
    server: "liar",
    strike: async ({ liar }) => {
      const [head = "", tail = ""] = JSON.stringify({ type: "no.such.event", huge: "|" }).split("|");
      liar.line.say(head + "x".repeat(LARGEST_BYTES - head.length - tail.length) + tail);
      await sleep(HEARD_MS);
    },
    expect: staysOn(),
  },
  {
    name: "sound-in-events",
    injected: "two seconds of sound in messages, which a call never carries",
    server: "liar",
    strike: async ({ liar }) => {
      liar.line.say(Array.from({ length: 20 }, () => liar.line.protocol.sound("unasked")));
      await sleep(HEARD_MS);
    },
    expect: staysOn(),
  },
  {
    name: "voice-without-answer",
    injected: "half a second of voice on the bot's track, which no message tells of",
    server: "liar",
    strike: async ({ liar }) => {
      const noise = Buffer.alloc(FRAME_BYTES, 0x11);
      liar.line.voice.push(...Array.from({ length: FRAMES_PER_SECOND / 2 }, () => noise));
      await sleep(500 + HEARD_MS);
    },
    expect: staysOn(),
  },
];
