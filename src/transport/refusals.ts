import type { Refusal } from "../../machines/index.js";
import { AlreadyConnectedError, ConnectionAbortedError, type RtviMachineError } from "../errors.js";

/** What is said to a client that is not the transport's, and to a transport that is not the manager's. */
export const OCCUPIED = {
  transport:
    "Another PipecatClient uses this transport: disconnect() that one first, or give each client a transport of its own.",
  manager:
    "Another transport uses this MediaManager: disconnect() that one first, or give each transport a manager of its own.",
} as const;

/** What a refused call is told. */
export function refusalOf(why: Refusal): RtviMachineError {
  switch (why) {
    case "cancelled":
      return new ConnectionAbortedError("disconnect() was called before the session was ready.");
    case "superseded":
      return new AlreadyConnectedError("A newer call of connect() or startBot() has taken the place of this one.");
    case "occupied":
      return new AlreadyConnectedError(OCCUPIED.transport);
  }
}
