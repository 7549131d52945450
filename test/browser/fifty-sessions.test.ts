import { expect, it } from "vitest";
import { cdp } from "vitest/browser";
import { App, openAITransport } from "./support/app.js";
import { HoldingsWatch, NOTHING } from "./support/holdings.js";
import { stagedService } from "./support/stage.js";

const SESSIONS = 50;
/** Sessions at the end whose heap is compared: caches and compiled code have settled by then. */
const MEASURED = 30;

/** Bytes of JavaScript objects that are still in use. */
async function heap(): Promise<number> {
  await cdp().send("HeapProfiler.collectGarbage");
  return (await cdp().send("Runtime.getHeapUsage")).usedSize;
}

/** Growth per step of the line through `values` that fits best. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const rise = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return rise / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}

it("fifty sessions on one instance leave nothing behind", { timeout: 120_000 }, async () => {
  const holdings = new HoldingsWatch();
  const service = await stagedService();
  const app = new App({ transport: openAITransport(service.wsUrl) });
  const heaps: number[] = [];
  for (let session = 0; session < SESSIONS; session += 1) {
    await app.client.connect();
    await app.until("the microphone", () => app.client.tracks().local.audio);
    expect(holdings.now()).toMatchObject({ tracks: 1, contexts: 1, sockets: 1 });
    await app.client.disconnect();
    expect(app.states.slice(-5)).toEqual(["connecting", "connected", "ready", "disconnecting", "disconnected"]);
    app.forget();
    holdings.now();
    if (session >= SESSIONS - MEASURED) heaps.push(await heap());
  }
  await holdings.nothingLeft();
  expect(holdings.now()).toEqual(NOTHING);
  expect(holdings.microphones).toBeGreaterThanOrEqual(SESSIONS);
  expect(holdings.mostSockets).toBe(1);
  await heap();
  await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(heaps.join(), slope(heaps), await heap(), holdings.contextsInMemory);
  // Memory outside the JavaScript heap hangs on these.
  expect(holdings.contextsInMemory).toBeLessThan(5);
});
