import { createInspectorServer } from "@statelyai/inspect/server";
import { statelyInspector } from "rtvi-machine/inspect";

createInspectorServer({ port: 8080 });
export const inspector = statelyInspector({ url: "ws://localhost:8080" });
