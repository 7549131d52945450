import type { Attempt, Connection, ConnectionReports, OpeningConnection, Upcalls } from "../contracts/connection.js";
import type { Dialogue, Effect } from "../contracts/dialogue.js";
import type { Provider, ProviderSession } from "../contracts/provider.js";
import type { TurnFact } from "../contracts/turns.js";
import type { DialogueRunner } from "../dialogue/dialogue-runner.js";
import type { Measuring } from "../contracts/inspector.js";
import { InternalError, isRtviMachineError, NotReadyError } from "../errors.js";
import type { TransportOptions } from "../options.js";
import { asProtocolError } from "../util/field-reader.js";
import { because } from "../util/reason.js";
import type { CallbackQueue } from "./callback-queue.js";
import { openConnection, type Planned } from "./open-connection.js";
import type { Session } from "./session.js";
import type { Tracks } from "./tracks.js";

/** What an attempt needs of its transport. */
export interface AttemptPorts {
  readonly provider: Provider;
  readonly session: Session;
  readonly queue: CallbackQueue;
  readonly runner: DialogueRunner;
  readonly connectionParams: TransportOptions["connectionParams"];
  /** Whether these are the reports of the newest attempt. */
  readonly isNewest: (reports: ConnectionReports) => boolean;
  /** How long the connection in use has taken nothing of what waits to be sent, in ms. */
  readonly stalledFor: () => number;
  readonly tell: (fact: TurnFact) => void;
  readonly tracks: Tracks;
  readonly measuring: Measuring | undefined;
}

/**
 * One attempt to reach the service, and the connection that it becomes: what comes of it enters the queue, goes to the dialogue, and
 * is reported to the charts, until another attempt takes its place.
 * @param provided What the session is with its provider; without one the attempt fails.
 */
export function attemptConnection(
  ports: AttemptPorts,
  provided: ProviderSession | undefined,
  { attempt, signal }: Omit<Attempt, "resuming">,
  reports: ConnectionReports,
): OpeningConnection {
  const { provider, session, queue, runner, connectionParams } = ports;
  let planned: Planned | undefined;
  let connection: Connection | undefined;
  const isCurrent = (): boolean => !signal.aborted && ports.isNewest(reports);
  const over = (keeps: boolean): void => {
    if (connection === undefined || runner.connection !== connection) return;
    ports.tell({ type: "connection.lost" });
    runner.end(keeps);
  };
  /** Runs what the connection reports, unless nobody listens to it any more. */
  const entering =
    <Args extends unknown[]>(run: (...args: Args) => void) =>
    (...args: Args): void => {
      if (isCurrent()) queue.enter(() => run(...args));
    };
  const closed = (error: Error): void => {
    over(true);
    reports.closed(session.errors.record(error));
  };
  const opened = (now: Connection): void => {
    if (provided === undefined || planned === undefined) return;
    connection = now;
    let dialogue: Dialogue;
    try {
      dialogue = provided.dialogue(planned.plan, planned.credential, now, session.turns);
    } catch (cause) {
      const text = because("The connection is open, and its dialogue cannot begin", cause);
      closed(isRtviMachineError(cause) ? cause : new InternalError(text, { cause }));
      return;
    }
    reports.opened();
    ports.measuring?.follow(now, signal);
    runner.begin(dialogue, now);
  };
  /** A provider, or a serializer, may be the app's. */
  const received = (message: unknown): void => {
    try {
      runner.receive(message);
    } catch (error) {
      runner.perform([{ type: "report", error: asProtocolError(error, provider.service) }]);
    }
  };
  const up: Upcalls = {
    opened: entering(opened),
    admits: (data) => {
      if (!isCurrent()) return false;
      reports.received();
      return queue.enter(() => runner.admits(data));
    },
    received: entering(received),
    effects: entering((effects: readonly Effect[]) => runner.perform(effects)),
    track: (bot) => queue.enter(() => ports.tracks.setBot(bot)),
    peer: entering((peer: Connection) => ports.tracks.usePeer(peer)),
    closed: entering(closed),
  };
  signal.addEventListener("abort", () => queue.enter(() => over(true)), { once: true });
  if (provided === undefined) closed(new NotReadyError("There is no session."));
  else {
    const request: Attempt = { attempt, resuming: session.wasReady, signal };
    void openConnection({ provider, session: provided, attempt: request, up, connectionParams }, (made) => {
      planned = made;
    });
  }
  return {
    probe: () => queue.enter(() => runner.probe()),
    stalledFor: () => queue.enter(() => ports.stalledFor()),
    close: () => {
      over(false);
      if (connection !== undefined) connection.close();
      else closed(new NotReadyError("The connection was not open yet."));
    },
  };
}
