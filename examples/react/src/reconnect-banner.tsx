import { useState } from "react";
import { RTVIEvent } from "@pipecat-ai/client-js";
import { usePipecatClientTransportState, useRTVIClientEvent } from "@pipecat-ai/client-react";

/** RTVI shows a reconnect as `connecting`. It is one if the session was ready before. */
export function ReconnectBanner() {
  const [wasReady, setWasReady] = useState(false);
  const state = usePipecatClientTransportState();
  useRTVIClientEvent(RTVIEvent.TransportStateChanged, (next) => {
    if (next === "ready") setWasReady(true);
    if (next === "disconnecting" || next === "disconnected" || next === "error") setWasReady(false);
  });
  return wasReady && state !== "ready" ? <p role="status">The connection was lost. Reconnecting …</p> : null;
}
