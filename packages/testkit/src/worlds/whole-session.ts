import type { TurnFact } from "../../../../src/contracts/turns.js";
import type { TransportOptions } from "../../../../src/options.js";
import { ManualClock, ScriptedTransport } from "../../../../src/testing/index.js";
import { silent } from "./surroundings.js";

/** A transport with a scripted service, and hands on the time. No client, which needs a page. */
export interface SessionRig {
  readonly clock: ManualClock;
  readonly transport: ScriptedTransport;
}

export function sessionRig(options: TransportOptions = {}): SessionRig {
  const clock = new ManualClock();
  const transport = new ScriptedTransport({ clock, logger: silent, random: () => 0.5, ...options });
  transport.initialize({ transport, enableMic: true }, () => undefined);
  return { clock, transport };
}

/** One thing that happens in a session. */
export interface SessionStep {
  readonly name: string;
  readonly run: (rig: SessionRig) => unknown;
}

/** The service has it that these things happened, each so many ms after the one before. */
const facts =
  (ms: number, ...told: readonly TurnFact[]): SessionStep["run"] =>
  ({ transport, clock }) => {
    for (const fact of told) {
      clock.advance(ms);
      transport.service.perform({ type: "tell", fact });
    }
  };

const askedAndAnswered = facts(
  400,
  { type: "user.started" },
  { type: "user.stopped", replyDue: true },
  { type: "reply.began" },
  { type: "voice.queued" },
  { type: "voice.began" },
);

/** Connect, two turns of which the second is interrupted, a lost connection that is mended, and the end. */
export const WHOLE_SESSION: readonly SessionStep[] = [
  { name: "asks for devices", run: ({ transport }) => transport.initDevices() },
  { name: "connects", run: ({ transport }) => transport.connect() },
  { name: "is ready", run: ({ transport }) => transport.sendReadyMessage() },
  { name: "first turn begins", run: askedAndAnswered },
  {
    name: "first turn ends",
    run: facts(900, { type: "reply.ended", another: false }, { type: "voice.drained" }),
  },
  { name: "second turn begins", run: askedAndAnswered },
  {
    name: "the user interrupts",
    run: facts(
      250,
      { type: "user.started" },
      { type: "reply.cancelled" },
      { type: "voice.flushed", by: "user" },
      { type: "reply.ended", another: false },
      { type: "voice.counted" },
    ),
  },
  { name: "the user stops", run: facts(500, { type: "user.stopped", replyDue: false }) },
  { name: "the connection is lost", run: ({ transport }) => transport.service.dropped(true) },
  { name: "the connection returns", run: ({ clock }) => clock.advance(2_000) },
  { name: "disconnects", run: ({ transport }) => transport.disconnect() },
];

/** Takes a session through all its steps. @param after Called when a step has had its effects. */
export async function wholeSession(
  rig: SessionRig,
  after: (step: SessionStep) => unknown = () => undefined,
): Promise<void> {
  for (const step of WHOLE_SESSION) {
    await step.run(rig);
    // In a page, too.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await after(step);
  }
}
