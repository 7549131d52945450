import { expect, it } from "vitest";
import { App, openAITransport } from "./support/app.js";
import { Mortals, slope, usedHeap } from "../../packages/testkit/src/browser/heap.js";
import { HoldingsWatch } from "../../packages/testkit/src/browser/holdings.js";
import { stagedService } from "./support/stage.js";

/** Fifty, after twenty in which caches fill. */
const SESSIONS = 70;
/** Sessions at the end whose heap is compared: by then caches are filled and most code is compiled. */
const MEASURED = 30;
/** Bytes per session. The compiler and the browser's own bookkeeping of finished promises make up 2 to 4 kB. */
const NOISE = 10_000;
/** The last errors are kept for the app, and with their stacks, wires of the sessions that they ended. */
const ERRORS_KEPT = 16;

it("sessions: fifty on one instance leave nothing behind", { timeout: 120_000 }, async () => {
  const holdings = new HoldingsWatch();
  const service = await stagedService();
  const transport = openAITransport(service.wsUrl);
  const app = new App({ transport });
  const heaps: number[] = [];
  const links = new Mortals();
  for (let session = 0; session < SESSIONS; session += 1) {
    await app.client.connect();
    await app.until("the microphone", () => app.client.tracks().local.audio);
    expect(holdings.now()).toMatchObject({ tracks: 1, sockets: 1 });
    links.add(transport.actor.getSnapshot().children.connection!);
    await app.client.disconnect();
    expect(holdings.now()).toMatchObject({ tracks: 0, sockets: 0 });
    expect(app.states.slice(-5)).toEqual(["connecting", "connected", "ready", "disconnecting", "disconnected"]);
    expect(app.errors).toEqual([]);
    app.forget();
    if (session >= SESSIONS - MEASURED) heaps.push(await usedHeap());
  }
  await holdings.nothingLeft();
  expect(holdings.microphones).toBe(SESSIONS);
  expect(holdings.mostSockets).toBe(1);

  expect(slope(heaps)).toBeLessThan(NOISE);
  await app.until("the end of what was closed", async () => {
    await usedHeap();
    return holdings.contexts.living <= 1 && links.living <= ERRORS_KEPT;
  });
});
