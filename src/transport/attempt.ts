import type { Attempt, Connection, ConnectionReports, OpeningConnection, Upcalls } from "../contracts/connection.js";
import type { Effect } from "../contracts/dialogue.js";
import type { Provider, ProviderSession } from "../contracts/provider.js";
import type { TurnFact } from "../contracts/turns.js";
import type { DialogueRunner } from "../dialogue/dialogue-runner.js";
import type { Measuring } from "../contracts/inspector.js";
import { NotReadyError } from "../errors.js";
import type { TransportOptions } from "../options.js";
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
  const up: Upcalls = {
    opened: entering((opened: Connection) => {
      if (provided === undefined || planned === undefined) return;
      connection = opened;
      const dialogue = provided.dialogue(planned.plan, planned.credential, opened, session.turns);
      reports.opened();
      ports.measuring?.follow(opened, signal);
      runner.begin(dialogue, opened);
    }),
    admits: (data) => {
      if (!isCurrent()) return false;
      reports.received();
      return queue.enter(() => runner.admits(data));
    },
    received: entering((message: unknown) => runner.receive(message)),
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
