import type { Attempt, Connection, ConnectionReports, OpeningConnection, Upcalls } from "../contracts/connection.js";
import type { Dialogue, Effect } from "../contracts/dialogue.js";
import type { Provider, ProviderSession } from "../contracts/provider.js";
import type { TurnFact } from "../contracts/turns.js";
import type { DialogueRunner } from "../dialogue/dialogue-runner.js";
import type { Measuring } from "../contracts/inspector.js";
import { ConnectionFailedError, InternalError, isRtviMachineError, NotReadyError } from "../errors.js";
import type { TransportOptions } from "../options.js";
import { asProtocolError } from "../util/field-reader.js";
import { asError, because } from "../util/reason.js";
import type { CallbackQueue } from "./callback-queue.js";
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
  const { provider, session, queue, runner } = ports;
  /** What its dialogue is made of once the connection is open. */
  let planned: { readonly plan: unknown; readonly credential: unknown } | undefined;
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
  /**
   * The chart gives the attempt up, which ends what had begun on it. Not the other way round: without a conversation it is quiet, and
   * a planned change of connections, which waits for that, would come first.
   */
  const closed = (error: Error): void => reports.closed(session.errors.record(error));
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
      runner.do((dialogue) => dialogue.receive(message));
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
  /**
   * The layers of the attempt, from the top: fresh connection parameters (not for the first attempt), the plan, the credential, the
   * socket or peer. One that is given up while the app is asked opens nothing.
   */
  const open = async (own: ProviderSession, request: Attempt): Promise<void> => {
    try {
      await refresh(ports, own, request);
      if (isGivenUp(request)) return;
      const plan = own.plan(request);
      const credential = await own.credential(plan, request);
      if (isGivenUp(request)) return;
      planned = { plan, credential };
      own.open(plan, credential, request, up);
    } catch (error) {
      up.closed(asError(error, ConnectionFailedError));
    }
  };
  signal.addEventListener("abort", () => queue.enter(() => over(true)), { once: true });
  if (provided === undefined) closed(new NotReadyError("There is no session."));
  else void open(provided, { attempt, resuming: session.wasReady, signal });
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

async function refresh(
  { provider, connectionParams }: AttemptPorts,
  session: ProviderSession,
  request: Attempt,
): Promise<void> {
  const { attempt, signal } = request;
  if (connectionParams === undefined || attempt === 1) return;
  try {
    const params = await connectionParams({ attempt, signal });
    if (!isGivenUp(request)) session.refresh(provider.readParams(params));
  } catch (cause) {
    // What is wrong now may be right the next time: the app asks a server that may be in trouble as well.
    if (isRtviMachineError(cause) && cause.code !== "invalid-options") throw cause;
    throw new ConnectionFailedError(because("options.connectionParams() failed", cause), { cause, retryable: true });
  }
}

/** Asked anew: it may have been given up meanwhile. */
function isGivenUp({ signal }: Attempt): boolean {
  return signal.aborted;
}
