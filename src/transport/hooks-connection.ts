import type { Fault } from "../contracts/fault.js";
import type { ConnectRequest, Connection, ConnectionReports } from "../contracts/connection.js";
import { ConnectionLostError } from "../errors.js";
import type { Logger } from "../log.js";

/** The hooks of a subclass, and what the connection needs of its transport. */
export interface ConnectionHooks {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  /** Asks the service for a sign of life; false when it cannot be asked. */
  probe(): boolean;
  /** Whether no newer attempt has begun: the hooks have no notion of attempts. */
  isCurrent(): boolean;
  record(error: unknown): Fault;
  readonly logger: Logger;
}

/**
 * A connection out of `connectLLM()` and `disconnectLLM()`. The close is said once per connection; an attempt that opens
 * after it was abandoned is closed again.
 */
export function connectByHooks(
  request: ConnectRequest,
  reports: ConnectionReports,
  hooks: ConnectionHooks,
): Connection {
  const { signal } = request;
  let goodbye: Promise<void> | undefined;
  const sayGoodbye = (): Promise<void> => {
    goodbye ??= run(() => hooks.disconnect()).catch((error: unknown) => {
      hooks.logger.warn("disconnectLLM() failed", error);
    });
    return goodbye;
  };

  signal.addEventListener("abort", () => void sayGoodbye(), { once: true });

  run(() => hooks.connect()).then(
    () => {
      if (!signal.aborted) {
        // What becomes of the conversation, a service says when it is ready.
        reports.opened({ continuity: "fresh" });
      } else if (hooks.isCurrent()) {
        goodbye = undefined;
        void sayGoodbye();
      }
    },
    (error: unknown) => {
      reports.closed(hooks.record(error));
    },
  );

  return {
    probe: () => hooks.probe(),
    close: () => {
      void sayGoodbye().then(() => {
        reports.closed(hooks.record(new ConnectionLostError("The connection was closed on purpose.")));
      });
    },
  };
}

/** Turns a synchronous throw into a rejection; a hook may be declared async and not be. */
async function run(hook: () => Promise<void>): Promise<void> {
  await hook();
}
