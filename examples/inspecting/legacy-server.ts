import { xstateInspector } from "rtvi-machine/inspect";
import { WebSocketServer } from "ws";

// Then open https://stately.ai/viz?inspect&server=localhost:8888
export const inspector = xstateInspector({ server: new WebSocketServer({ port: 8888, host: "127.0.0.1" }) });
