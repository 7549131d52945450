import type { ConformanceHarness, ManualClock, ScriptedMediaManager } from "../../../../src/testing/index.js";

const STEP = 400;

/** A service's end of the connection, as far as a session needs it to begin and end. */
export interface WireScript {
  dial: "open" | "refuse" | "hang";
  ready: "at once" | "never";
  goodbye: "answer" | "hang";
}

/** What a harness is made of whose connections, media and clock are scripted. */
export interface ScriptedWorld {
  readonly script: WireScript;
  readonly media: ScriptedMediaManager;
  readonly clock: ManualClock;
  /** The sockets that are not closed. */
  readonly open: () => readonly { readonly abandoned: boolean; ends(code: number): void }[];
  /** The close code after which nobody connects again. */
  readonly finalCode: number;
}

/** The hands of a harness on everything around a transport. */
export function scriptedHands(
  world: ScriptedWorld,
): Pick<ConformanceHarness, "service" | "microphone" | "elapse" | "leftovers"> {
  const { script, media, clock, open, finalCode } = world;
  return {
    service: {
      connect: (how) => (script.dial = how),
      ready: (how) => (script.ready = how),
      close: (how) => (script.goodbye = how),
      drop: (how) => {
        for (const socket of open()) socket.ends(how === "retryable" ? 1006 : finalCode);
      },
    },
    microphone: {
      answer: (how) => {
        media.microphone.script = ({ allow: "grant", deny: "permissions", wait: "hang" } as const)[how];
      },
    },
    elapse: async (ms) => {
      for (let past = 0; past < ms; past += STEP) {
        clock.advance(Math.min(STEP, ms - past));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    },
    leftovers: () => [
      ...open()
        .filter(({ abandoned }) => !abandoned)
        .map(() => "a socket"),
      ...(media.microphone.held === 0 ? [] : ["the microphone"]),
      ...(media.speaker.isOpen ? ["the speaker"] : []),
      ...(clock.pending === 0 ? [] : [`${clock.pending} timers`]),
    ],
  };
}
