import { flightRecorder } from "rtvi-machine/inspect";
import { WebSocketTransport } from "rtvi-machine/pipecat";

const recorder = flightRecorder({ seconds: 600, bytes: 2_000_000 });
export const transport = new WebSocketTransport({}, undefined, { inspect: recorder });

export async function reportProblem(): Promise<void> {
  await fetch("/reports", { method: "POST", body: JSON.stringify(recorder.export()) });
}
