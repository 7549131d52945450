import { afterEach, describe, expect, it } from "vitest";
import { HELP, runCli, type CliOutcome } from "../../packages/local-service/src/run-cli.js";
import { like } from "../../packages/testkit/src/util/matchers.js";
import { RawClient } from "../../packages/testkit/src/clients/raw-client.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";
import { speech } from "../../packages/testkit/src/audio/speech.js";

const outcomes: CliOutcome[] = [];
let out = "";
let err = "";

afterEach(async () => {
  for (const outcome of outcomes.splice(0)) if ("service" in outcome) await outcome.service.close();
  out = "";
  err = "";
});

async function run(...args: string[]): Promise<CliOutcome> {
  const outcome = await runCli(args, { out: (text) => (out += text), err: (text) => (err += text) });
  outcomes.push(outcome);
  return outcome;
}

describe("rtvi-machine-local-service", () => {
  it("says what it is", async () => {
    expect(await run("--help")).toEqual({ exitCode: 0 });
    expect(out).toBe(HELP);
    expect(HELP).toMatch(/developer's tool: no speech recognition, no model/);
  });

  it.each([[["sing"]], [["twice"]], [["--loud"]], [["--port", "x"]], [["--port", "99999"]]])(
    "refuses %j",
    async (args) => {
      expect(await run(...args)).toEqual({ exitCode: 2 });
      expect(err).toContain("--help");
    },
  );

  it("lets in the pages that the command line and the environment name", async () => {
    const args = ["--port", "0", "--quiet", "--allow-origin", "http://a.test", "--allow-origin", "http://b.test"];
    const environment = { RTVI_MACHINE_ALLOW_ORIGINS: "http://c.test, http://d.test" };
    const terminal = { out: () => undefined, err: () => undefined };
    const outcome = await runCli(args, terminal, environment);
    outcomes.push(outcome);
    if (!("service" in outcome)) throw new Error("It did not start.");
    const statuses = await Promise.all(
      ["a", "b", "c", "d", "e"].map(async (name) => {
        const headers = { Origin: `http://${name}.test` };
        return (await fetch(`${outcome.service.url}/health`, { headers })).status;
      }),
    );
    expect(statuses).toEqual([200, 200, 200, 200, 403]);
  });

  it("refuses what is no origin", async () => {
    expect(await run("--port", "0", "--allow-origin", "localhost:5173")).toEqual({ exitCode: 2 });
    expect(err).toContain('"localhost:5173" is not an origin');
  });

  it("says when the port is taken", async () => {
    const first = await run("--port", "0", "--quiet");
    if (!("service" in first)) throw new Error(err);
    expect(await run("--port", String(first.service.port))).toEqual({ exitCode: 2 });
    expect(err).toContain("EADDRINUSE");
  });

  it("serves, and writes the conversation readably", async () => {
    const outcome = await run("--port", "0", "--no-greet");
    if (!("service" in outcome)) throw new Error(err);
    const client = await RawClient.open(outcome.service.wsUrl, canary("sk-secret-"));
    await client.event("session.created");
    client.send("session.update", {
      session: { type: "realtime", tools: [{ type: "function", name: "get_weather" }] },
    });
    await client.ask("hello \u001b[31mthere");
    const { response } = await client.ask("get_weather");
    client.send("conversation.item.create", {
      item: { type: "function_call_output", call_id: response.output[0]!.call_id, output: "sunny" },
    });
    await client.event(
      (event) => event.type === "conversation.item.done" && event.item.type === "function_call_output",
    );
    client.speak(speech());
    const from = client.events.length;
    await client.event("response.done", from);
    await client.close();
    await expect.poll(() => out).toContain("closed");
    const lines = out.split("\n").map((line) => line.replace(/^[\d:.]+ +/, ""));
    expect(lines).toEqual(
      expect.arrayContaining([
        like(/^Pipecat: POST http:\/\/127\.0\.0\.1:\d+\/start$/),
        "#1 session opened, gpt-realtime",
        "#1 user    hello [31mthere",
        "#1 bot     You said: hello [31mthere (voice, 0.7 s)",
        "#1 tool    get_weather({})",
        "#1 tool    get_weather returned sunny",
        like(/^#1 user {4}\(speech, \d\.\d s\)$/),
      ]),
    );
    expect(out).not.toMatch(/secret|[A-Za-z0-9+/]{100}/);
    expect(err).toBe("");
  });
});
