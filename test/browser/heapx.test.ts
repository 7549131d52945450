import { expect, it } from "vitest";
import { cdp } from "vitest/browser";
import { App, openAITransport } from "./support/app.js";
import { HoldingsWatch, NOTHING } from "./support/holdings.js";
import { stagedService } from "./support/stage.js";
async function heap(): Promise<number> {
  await cdp().send("HeapProfiler.collectGarbage");
  return (await cdp().send("Runtime.getHeapUsage")).usedSize;
}
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const rise = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return rise / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}
it("base", { timeout: 120_000 }, async () => {
  const h: number[] = [];
  for (let i = 0; i < 60; i++) {
    h.push(await heap());
  }
  console.log("nothing", slope(h.slice(30)), h.at(-1)! - h[30]!);
  h.length = 0;
  for (let i = 0; i < 60; i++) {
    await new Promise((r) => setTimeout(r, 50));
    h.push(await heap());
  }
  console.log("sleep", slope(h.slice(30)), h.at(-1)! - h[30]!);
  h.length = 0;
  for (let i = 0; i < 60; i++) {
    const s = await navigator.mediaDevices.getUserMedia({ audio: true });
    const c = new AudioContext({ sampleRate: 24000 });
    const url = URL.createObjectURL(
      new Blob(["registerProcessor('x', class extends AudioWorkletProcessor { process(){return true} })"], {
        type: "text/javascript",
      }),
    );
    await c.audioWorklet.addModule(url);
    URL.revokeObjectURL(url);
    const n = new AudioWorkletNode(c, "x");
    const src = c.createMediaStreamSource(s);
    src.connect(n).connect(c.destination);
    await c.resume();
    s.getTracks().forEach((t) => t.stop());
    src.disconnect();
    n.disconnect();
    await c.close();
    h.push(await heap());
  }
  console.log("media", slope(h.slice(30)), h.at(-1)! - h[30]!);
});
it("sessions", { timeout: 120_000 }, async () => {
  const service = await stagedService();
  const app = new App({ transport: openAITransport(service.wsUrl) });
  const h: number[] = [];
  for (let session = 0; session < 300; session += 1) {
    await app.client.connect();
    await app.until("the microphone", () => app.client.tracks().local.audio);
    await app.client.disconnect();
    app.forget();
    if (session % 10 === 0) h.push(await heap());
  }
  console.log(h.join(" "), "slope of last 20, per session", slope(h.slice(-20)) / 10);
});
