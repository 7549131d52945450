import type { TransportState } from "@pipecat-ai/client-js";

/** Whether a session is under way. */
export function isInSession(state: TransportState): boolean {
  return state === "connecting" || state === "connected" || state === "ready";
}
