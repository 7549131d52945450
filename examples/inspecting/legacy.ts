import { xstateInspector } from "rtvi-machine/inspect";
import { GeminiLiveWebsocketTransport } from "rtvi-machine/gemini";

export function inspected(iframe: HTMLIFrameElement): GeminiLiveWebsocketTransport {
  return new GeminiLiveWebsocketTransport({}, undefined, { inspect: xstateInspector({ iframe }) });
}
