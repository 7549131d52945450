import type { ConformanceHarness, ServiceControl } from "./conformance/harness.js";
import type { ManualClock } from "./manual-clock.js";
import type { ScriptedMediaManager } from "./scripted-media.js";

/** Deadlines of a transport on a scripted service, in ms of its own clock. */
export const TIMEOUTS = { connect: 2_000, ready: 3_000, disconnect: 500 };
/** Those of its harness. */
export const DEADLINES = { ...TIMEOUTS, reconnect: 20_000 };
/** As many reconnects as fit into `DEADLINES.reconnect`. */
export const RECONNECT = { attempts: 6 };
/** Ms that pass at once; shorter than the shortest deadline, so that what one sets going happens before the next. */
const STEP = 400;

/** How a scripted service behaves when it is connected to. */
export interface ServiceConduct {
  /** `"hang"` leaves the attempt open. */
  connect: "open" | "refuse" | "hang";
  /** Whether it says that it is ready as soon as it is open. */
  ready: "at once" | "never";
  /** Whether it answers an orderly close. */
  close: "answer" | "hang";
}

/** Changes a script from now on. */
export function controlOf(script: ServiceConduct): Omit<ServiceControl, "drop"> {
  return {
    connect: (how) => {
      script.connect = how;
    },
    ready: (how) => {
      script.ready = how;
    },
    close: (how) => {
      script.close = how;
    },
  };
}

/** The hands of a harness on a scripted microphone and a clock. @param held What else is held, in words. */
export function scriptedHands(
  clock: ManualClock,
  media: ScriptedMediaManager,
  held: () => readonly string[],
): Pick<ConformanceHarness, "deadlines" | "microphone" | "elapse" | "leftovers"> {
  return {
    deadlines: DEADLINES,
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
      ...held(),
      ...(media.microphone.held === 0 ? [] : ["the microphone"]),
      ...(media.speaker.isOpen ? ["the speaker"] : []),
      ...(clock.pending === 0 ? [] : [`${clock.pending} timers`]),
    ],
  };
}
