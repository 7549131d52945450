import { PipecatClient } from "@pipecat-ai/client-js";
import type { Suite } from "./bench.js";
import { INITIALIZED } from "./connect-cases.js";
import { holds, rejects, same, settles } from "./check.js";
import { turns } from "./page.js";

const SESSION_END = ["disconnecting", "disconnected", "onDisconnected"];

/** What an app sees of a transport that is given to more than one client. */
export function sharingCases({ describe, it }: Suite): void {
  describe("one transport that is given to two clients", () => {
    it("belongs to the second if the first has not used it: that one is told, and only that one", async (bench) => {
      const seen: string[] = [];
      const client = new PipecatClient({
        transport: bench.harness.transport,
        callbacks: { onTransportStateChanged: (state) => seen.push(state) },
      });
      await settles(client.connect(), "connect() of the second client");
      same(seen, [...INITIALIZED, "connecting", "connected", "ready"], "what the second app saw");
      same(bench.take(), [], "what the first app saw");
      await settles(client.disconnect(), "disconnect() of the second client");
    });

    it("stays with the first while that one is in a session", async (bench) => {
      await bench.ready();
      const seen: string[] = [];
      const client = new PipecatClient({
        transport: bench.harness.transport,
        callbacks: { onTransportStateChanged: (state) => seen.push(state) },
      });
      const reason = await rejects(client.initDevices(), "initDevices() of the second client");
      holds(reason.message.includes("PipecatClient"), `the reason should name the other client: ${reason.message}`);
      await turns();
      same(bench.state, "ready", "the state");
      same([...bench.take(), ...seen], [], "what both apps saw");
      await bench.disconnect();
      same(bench.take(), SESSION_END, "what the first app saw");
    });

    it("stays with the first while that one holds the microphone", async (bench) => {
      await settles(bench.client.initDevices(), "initDevices()");
      bench.take();
      const client = new PipecatClient({ transport: bench.harness.transport });
      const reason = await rejects(client.connect(), "connect() of the second client");
      holds(reason.message.includes("PipecatClient"), `the reason should name the other client: ${reason.message}`);
      await turns();
      same(bench.state, "initialized", "the state");
      same(bench.take(), [], "what the first app saw");
    });
  });
}
