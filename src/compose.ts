import { createActor, type Actor } from "xstate";
import {
  connectionMachine,
  microphoneMachine,
  speakerMachine,
  transportMachine,
  turnsMachine,
} from "../machines/index.js";
import { captureActor } from "./actors/capture.js";
import type { ErrorRegistry } from "./actors/error-registry.js";
import type { Inspection } from "./actors/inspection.js";
import { playbackActor } from "./actors/playback.js";
import { retryActor } from "./actors/retry.js";
import { networkActor, type NetworkSource } from "./actors/network.js";
import { deviceWatchActor, type DeviceSource } from "./actors/watches.js";
import { attemptActor } from "./actors/attempt.js";
import { turnsOf, type TurnsActor } from "./actors/turns.js";
import type { OpenConnection } from "./contracts/connection.js";
import type { PlaybackReport } from "./contracts/speaker.js";
import type { TurnEdge } from "./contracts/turns.js";
import type { Logger } from "./log.js";
import type { MediaPorts } from "./media/media-manager.js";
import { functionCallTimeoutOf, patienceOf, retryDefaults, type TransportOptions } from "./options.js";
import type { Downlink } from "./pipes/downlink.js";
import type { Uplink } from "./pipes/uplink.js";
import { backoffPolicy, uniform } from "./policy/backoff.js";
import { enteringClock, type Enter } from "./policy/entry.js";
import { OutageClock } from "./policy/outage-clock.js";
import { timeOf } from "./policy/time.js";

/** The running root actor. */
export type TransportActor = Actor<typeof transportMachine>;

/** Everything a composition joins. */
export interface Parts {
  /** Everything that comes from outside runs in here. */
  readonly enter: Enter;
  readonly connect: OpenConnection;
  readonly ports: MediaPorts;
  readonly uplink: Uplink;
  readonly downlink: Downlink;
  readonly errors: ErrorRegistry;
  readonly observePlayback: (report: PlaybackReport) => void;
  readonly listMicrophones: () => Promise<readonly { readonly deviceId: string }[]>;
  readonly devices: DeviceSource | undefined;
  readonly network: NetworkSource | undefined;
  readonly inspection: Inspection | undefined;
  readonly muted: boolean;
  readonly options: TransportOptions;
  readonly logger: Logger;
  /** Aborting releases everything the composition holds, whatever state its actors are in. */
  readonly lifetime: AbortSignal;
}

/** Provides the charts with their actors, joins the pipes, and returns the root actor, not started yet. */
export function compose(parts: Parts): TransportActor {
  const { options, uplink, downlink, ports, errors, logger, lifetime, enter } = parts;
  const reconnect = retryDefaults(options.reconnect);
  const random = uniform(options.random ?? Math.random);
  const clock = enteringClock(options.clock, enter);
  const outage = new OutageClock(timeOf(clock));

  const machine = transportMachine.provide({
    actors: {
      connection: connectionMachine.provide({
        actors: {
          attempt: attemptActor(parts.connect, errors, lifetime, { ...patienceOf(options.timeouts), clock }),
          network: networkActor({ source: parts.network, outage, random, clock, lifetime, enter, logger }),
          retry: retryActor(reconnect.policy ?? backoffPolicy(reconnect, random), outage, errors),
        },
      }),
      microphone: microphoneMachine.provide({
        actors: {
          capture: captureActor({ port: ports.microphone, errors, logger, lifetime, enter }),
          deviceWatch: deviceWatchActor(
            parts.devices,
            parts.listMicrophones,
            () => ports.microphone.preferred !== undefined,
            lifetime,
            enter,
          ),
        },
      }),
      speaker: speakerMachine.provide({
        actors: {
          playback: playbackActor({
            output: downlink,
            errors,
            observe: parts.observePlayback,
            logger,
            lifetime,
            enter,
          }),
        },
        actions: {
          flushPlayback: () => {
            void downlink.flush();
          },
          resumePlayback: () => {
            downlink.resume();
          },
        },
      }),
    },
    actions: {
      armUplink: () => {
        uplink.arm();
      },
      openUplink: () => {
        uplink.open();
      },
      shutUplink: () => {
        uplink.shut();
      },
    },
  });

  return createActor(machine, {
    input: {
      connection: {
        connectTimeout: options.timeouts?.connect ?? 15_000,
        retryInitial: reconnect.initial,
        minUptime: reconnect.minUptime,
      },
      readyTimeout: options.timeouts?.ready ?? 15_000,
      disconnectTimeout: options.timeouts?.disconnect ?? 2_000,
      muted: parts.muted,
      lull: options.timeouts?.lull,
      functionCallTimeout: functionCallTimeoutOf(options),
    },
    clock,
    ...(parts.inspection !== undefined && { inspect: parts.inspection.inspect }),
  });
}

/**
 * The end of the turns of a session that a defect has ended: its chart runs on, or was stopped in the middle, where XState says
 * nothing. Returns the edges that it had still to tell, where it cannot tell them by itself.
 */
export function endTurns(actor: TurnsActor): readonly TurnEdge[] {
  const { status, value, context } = actor.getSnapshot();
  if (status === "active") actor.send({ type: "session.ended" });
  if (status !== "stopped") return [];
  const successor = createActor(turnsMachine, {
    snapshot: turnsMachine.resolveState({ value, context }),
    input: context,
  });
  const edges = turnsOf(successor, () => undefined);
  successor.start();
  return edges.tell({ type: "session.ended" });
}
