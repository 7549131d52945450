import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { PipecatRawClient } from "../../../packages/testkit/src/clients/pipecat-client.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";
import { start, withBot } from "./support.js";

async function faulty(fault: string): Promise<PipecatRawClient> {
  const service = await withService();
  const { wsUrl } = await start(service);
  return await PipecatRawClient.open(`${wsUrl}?fault=${fault}`);
}

describe("faults", () => {
  it("silent: never says bot-ready", async () => {
    const client = await faulty("silent");
    client.send("client-ready", { version: "2.1.0" });
    client.send("send-text", { content: "hello?" });
    await expect(client.event(() => true, 0, 150)).rejects.toThrow("no ");
  });

  it("hang-upgrade and unavailable: the handshake does not end well", async () => {
    const service = await withService();
    const { wsUrl } = await start(service);
    const hanging = new WebSocket(`${wsUrl}?fault=hang-upgrade`);
    hanging.on("error", () => undefined);
    const ended = new Promise((resolve) => hanging.on("close", () => resolve("ended")));
    const waited = new Promise((resolve) => setTimeout(() => resolve("waiting"), 100));
    expect(await Promise.race([ended, waited])).toBe("waiting");
    hanging.terminate();
    service.faults.unavailable = true;
    await expect(PipecatRawClient.open(wsUrl)).rejects.toThrow("503");
  });

  it("unauthorized-after-open: opens, then refuses", async () => {
    const client = await faulty("unauthorized-after-open");
    expect((await client.closed).code).toBe(4003);
  });

  it("drop-after: cuts the line", async () => {
    const client = await faulty("drop-after=50");
    await client.ready();
    expect((await client.closed).code).toBe(1006);
  });

  it("no-updated: requests stay without an answer", async () => {
    const client = await faulty("no-updated");
    await client.ready();
    const ids = [client.send("client-message", { t: "echo" }), client.send("get-config")];
    await expect(client.event(({ id }) => ids.includes(id ?? ""), 0, 150)).rejects.toThrow("no ");
  });

  it("malformed: breaks the protocol, then goes on as usual", async () => {
    const client = await faulty("malformed");
    await client.ready();
    expect((await client.request("client-message", { t: "echo", d: 1 })).data).toEqual({ t: "echo", d: 1 });
    expect(client.frames.filter(({ binary }) => !binary).length).toBeGreaterThan(1);
    expect(client.frames.length).toBeGreaterThan(25);
  });

  it("fail-responses: an error in the form of the Python server", async () => {
    const client = await faulty("fail-responses");
    await client.ready();
    client.send("send-text", { content: "hi" });
    const error = await client.event("error");
    expect(error.data).toEqual({ error: expect.stringContaining("quota") as unknown, fatal: false });
    await client.event("bot-llm-stopped");
  });

  it("of a test's own: any message, a close, a cut", async () => {
    const { service, client } = await withBot();
    service.sessions[0]!.send({ type: "server-message", data: { custom: true } });
    expect((await client.event("server-message")).data).toEqual({ custom: true });
    service.sessions[0]!.drop(1011, "gone");
    expect(await client.closed).toEqual({ code: 1011, reason: "gone" });
    await expect.poll(() => service.sessions).toHaveLength(0);
  });

  it("the end of a session's time: a fatal error, and a close", async () => {
    const { client } = await withBot({ sessionMaxSeconds: 0.2 });
    expect((await client.event("error")).data).toMatchObject({ fatal: true });
    expect((await client.closed).code).toBe(1000);
  });
});
