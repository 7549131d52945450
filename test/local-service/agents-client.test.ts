import { describe, expect, it } from "vitest";
import { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";
import { bestCorrelation, chunks, silence, speech } from "../../packages/testkit/src/audio/speech.js";
import { withService } from "../../packages/testkit/src/worlds/with-service.js";

const MODEL = "gpt-realtime-2.1";

function bytes(chunk: Buffer): ArrayBuffer {
  return new Uint8Array(chunk).buffer;
}

describe("@openai/agents-realtime", () => {
  it("OpenAIRealtimeWebSocket: greeting, spoken turn, no errors", async () => {
    const service = await withService({ greet: true });
    const transport = new OpenAIRealtimeWebSocket({ url: `${service.wsUrl}?model=${MODEL}`, model: MODEL });
    const heard: Buffer[] = [];
    const done: string[] = [];
    const errors: unknown[] = [];
    transport.on("audio", ({ data }) => heard.push(Buffer.from(data)));
    transport.on("turn_done", ({ response }) => done.push(response.id));
    transport.on("error", (error) => errors.push(error));
    await transport.connect({ apiKey: "sk-test" });
    await expect.poll(() => done.length, { timeout: 4000 }).toBe(1);
    expect(Buffer.concat(heard.splice(0))).toEqual(speech());

    for (const chunk of chunks(Buffer.concat([speech(), silence(900)]))) transport.sendAudio(bytes(chunk));
    await expect.poll(() => done.length, { timeout: 4000 }).toBe(2);
    expect(bestCorrelation(speech(), Buffer.concat(heard)).value).toBeGreaterThan(0.9);
    expect(errors).toEqual([]);
    transport.close();
  });

  it("OpenAIRealtimeWebSocket: a bad key rejects connect()", async () => {
    const service = await withService();
    const transport = new OpenAIRealtimeWebSocket({ url: `${service.wsUrl}?model=${MODEL}`, model: MODEL });
    transport.on("error", () => undefined);
    await expect(transport.connect({ apiKey: "sk-bad" })).rejects.toBeDefined();
    expect(transport.status).toBe("disconnected");
  });

  it("RealtimeSession: a tool is called with its arguments, and its output is quoted", async () => {
    const service = await withService();
    const cities: string[] = [];
    const getWeather = tool({
      name: "get_weather",
      description: "The weather in a city",
      parameters: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        cities.push(city);
        return `sunny in ${city}`;
      },
    });
    const agent = new RealtimeAgent({ name: "Test", instructions: "Help.", tools: [getWeather] });
    const session = new RealtimeSession(agent, { transport: "websocket", model: MODEL });
    const errors: unknown[] = [];
    session.on("error", (error) => errors.push(error));
    await session.connect({ apiKey: "sk-test", url: `${service.wsUrl}?model=${MODEL}` });
    session.sendMessage('call get_weather {"city":"Paris"}');
    const transcript = () => {
      const last = session.history.at(-1);
      const part = last?.type === "message" && last.role === "assistant" ? last.content[0] : undefined;
      return part?.type === "output_audio" ? part.transcript : undefined;
    };
    await expect.poll(transcript, { timeout: 4000 }).toBe("get_weather returned sunny in Paris.");
    expect(cities).toEqual(["Paris"]);
    expect(errors).toEqual([]);
    session.close();
  });

  it("RealtimeSession: speech interrupts, and the client's truncation fits", async () => {
    const service = await withService({ replySpeed: 3 });
    const agent = new RealtimeAgent({ name: "Test", instructions: "Help." });
    const session = new RealtimeSession(agent, { transport: "websocket", model: MODEL });
    const errors: unknown[] = [];
    let interrupted = 0;
    let audio = 0;
    session.on("error", (error) => errors.push(error));
    session.on("audio", () => (audio += 1));
    session.on("audio_interrupted", () => (interrupted += 1));
    await session.connect({ apiKey: "sk-test", url: `${service.wsUrl}?model=${MODEL}` });
    session.sendMessage("tell me something long");
    await expect.poll(() => audio, { timeout: 4000 }).toBeGreaterThan(1);
    for (const chunk of chunks(Buffer.concat([speech(), silence(900)]))) session.sendAudio(bytes(chunk));
    await expect.poll(() => service.events.filter(({ type }) => type === "conversation.item.truncated").length).toBe(1);
    const truncated = service.events.find(({ type }) => type === "conversation.item.truncated");
    expect(truncated!.ms).toBeGreaterThan(0);
    await expect
      .poll(() => service.events.filter(({ type }) => type === "response.done").map(({ code }) => code), {
        timeout: 4000,
      })
      .toEqual(["cancelled", "completed"]);
    expect(interrupted).toBeGreaterThan(0);
    expect(errors).toEqual([]);
    session.close();
  });
});
