import { flightRecorder, liveInspector } from "rtvi-machine/inspect";
import { WebSocketTransport } from "rtvi-machine/pipecat";

export const transport = new WebSocketTransport({}, undefined, {
  inspect: [
    flightRecorder(),
    liveInspector({ element: document.body }),
    (event) => {
      if (event.type === "@xstate.event") console.debug(event.event.type);
    },
  ],
});
