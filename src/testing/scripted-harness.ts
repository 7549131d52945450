import type { Continuity } from "../contracts/continuity.js";
import { ManualClock } from "./manual-clock.js";
import type { ConformanceHarness } from "./conformance/harness.js";
import { controlOf, RECONNECT, scriptedHands, TIMEOUTS } from "./scripted-hands.js";
import { ScriptedTransport } from "./scripted-transport.js";
import type { TransportOptions } from "../options.js";

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
    continuity,
    service: {
      ...controlOf(script),
      drop: (how) => {
        transport.service.dropped(how === "retryable");
      },
      get held() {
        return transport.service.connections;
      },
    },
    ...scriptedHands(clock, media, () => {
      const { connections } = transport.service;
      return connections === 0 ? [] : [`${connections} connections`];
    }),
  };
}
