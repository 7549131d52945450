import type { Continuity } from "../contracts/continuity.js";
import { ManualClock } from "./manual-clock.js";
import type { ConformanceHarness } from "./conformance/harness.js";
import { ScriptedTransport } from "./scripted-transport.js";
import type { TransportOptions } from "../options.js";

/** Deadlines of the scripted transport, in ms of its own clock. */
const TIMEOUTS = { connect: 2_000, ready: 3_000, disconnect: 500 };
/** Those of its harness. */
const DEADLINES = { ...TIMEOUTS, reconnect: 20_000 };

/** As many reconnects as fit into `DEADLINES.reconnect`. */
const RECONNECT = { attempts: 6 };

/** Ms that pass at once; shorter than the shortest deadline, so that what one sets going happens before the next. */
const STEP = 400;

/** The conformance harness of `ScriptedTransport`: an example of one, and how this library tests itself. */
export function scriptedHarness(
  options: TransportOptions = {},
  continuity: Continuity = "fresh",
): ConformanceHarness & { readonly transport: ScriptedTransport } {
  const clock = new ManualClock();
  const transport = new ScriptedTransport({
    clock,
    timeouts: TIMEOUTS,
    reconnect: RECONNECT,
    random: () => 0.5,
    ...options,
  });
  const { media, script } = transport;
  script.continuity = continuity;
  return {
    transport,
    deadlines: DEADLINES,
    continuity,
    service: {
      connect: (how) => {
        script.connect = how;
      },
      ready: (how) => {
        script.ready = how;
      },
      close: (how) => {
        script.close = how;
      },
      drop: (how) => {
        transport.service.dropped(how === "retryable");
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
      ...(transport.service.connections === 0 ? [] : [`${transport.service.connections} connections`]),
      ...(media.microphone.held === 0 ? [] : ["the microphone"]),
      ...(media.speaker.isOpen ? ["the speaker"] : []),
      ...(clock.pending === 0 ? [] : [`${clock.pending} timers`]),
    ],
  };
}
