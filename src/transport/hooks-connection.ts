import type { Fault } from "../contracts/fault.js";
import type { DialRequest, Wire, WireReports } from "../contracts/connection.js";
import { ConnectionLostError } from "../errors.js";
import type { Logger } from "../log.js";

/** The hooks of a subclass, and what the wire needs of its transport. */
export interface WireHooks {
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
 * A wire out of `connectLLM()` and `disconnectLLM()`. The goodbye is said once per connection; an attempt that opens
 * after it was abandoned is closed again.
 */
export function dialByHooks(request: DialRequest, reports: WireReports, hooks: WireHooks): Wire {
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
        reports.opened({ conversation: "fresh" });
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
    hangUp: () => {
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
