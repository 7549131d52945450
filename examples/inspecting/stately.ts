import { statelyInspector } from "rtvi-machine/inspect";
import { OpenAIRealTimeWebSocketTransport } from "rtvi-machine/openai";

// Opens a window: call it in a click handler, or pass `iframe`.
export function inspected(): OpenAIRealTimeWebSocketTransport {
  const inspector = statelyInspector({ load: () => import("@statelyai/inspect") });
  return new OpenAIRealTimeWebSocketTransport({}, undefined, { inspect: inspector });
}
