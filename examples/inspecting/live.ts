import { liveInspector } from "rtvi-machine/inspect";
import { OpenAIRealTimeWebSocketTransport } from "rtvi-machine/openai";

const inspector = liveInspector({ element: document.body });
export const transport = new OpenAIRealTimeWebSocketTransport({}, undefined, { inspect: inspector });
