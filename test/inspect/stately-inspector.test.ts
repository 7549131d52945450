import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createWebSocketReceiver, type StatelyInspectionEvent } from "@statelyai/inspect";
import { createInspectorServer } from "@statelyai/inspect/server";
import { tmpdir } from "node:os";
import { build, type BuildOptions } from "esbuild";
import type { InspectionEvent } from "xstate";
import { RTVIMessage } from "@pipecat-ai/client-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { statelyInspector } from "../../src/inspect/index.js";
import { ScriptedTransport } from "../../src/testing/index.js";
import { canary } from "../../packages/testkit/src/secrets/secrets.js";

const SECRET = canary();

/** A port that is free now. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

describe("statelyInspector", () => {
  it("shows a whole session, state by state, in the Stately receiver", { timeout: 20_000 }, async () => {
    const port = await freePort();
    const server = createInspectorServer({ port, autoOpen: false });
    cleanups.push(() => {
      server.stop();
    });
    const received: StatelyInspectionEvent[] = [];
    createWebSocketReceiver({ server: `ws://localhost:${String(port)}` }).subscribe((event) => received.push(event));
    const inspector = statelyInspector({ url: `ws://localhost:${String(port)}` });
    cleanups.push(() => {
      inspector.stop();
    });

    const transport = new ScriptedTransport({ inspect: inspector });
    transport.initialize({ transport, enableMic: true }, () => undefined);
    await transport.initDevices();
    await transport.connect({ api_key: SECRET });
    await transport.sendReadyMessage();
    transport.sendMessage(new RTVIMessage("send-text", { content: "hello" }));
    await transport.disconnect();

    const values = (): string[] =>
      received
        .filter((event) => event.type === "@xstate.snapshot" && event.sessionId === transport.actor.sessionId)
        .map((event) => {
          const { value } = ("snapshot" in event ? event.snapshot : {}) as { value?: { readonly lifecycle: unknown } };
          return JSON.stringify(value?.lifecycle);
        })
        .filter((value, index, all) => value !== all[index - 1]);
    await vi.waitFor(
      () => {
        expect(values()).toEqual([
          '{"idle":{"disconnected":"announced"}}',
          '{"idle":"initializing"}',
          '{"idle":"initialized"}',
          '{"session":{"live":"connecting"}}',
          '{"session":{"live":"connected"}}',
          '{"session":{"live":"ready"}}',
          '{"session":"disconnecting"}',
          '{"idle":{"disconnected":"unannounced"}}',
          '{"idle":{"disconnected":"announced"}}',
        ]);
      },
      { timeout: 10_000 },
    );

    const machines = received.filter((event) => event.type === "@xstate.actor").map((event) => event.name);
    expect(machines).toEqual(expect.arrayContaining(["transport", "microphone", "speaker", "connection"]));
    expect(JSON.stringify(received)).not.toContain(SECRET);
  });

  it("says what is missing when there is no page and no socket url", async () => {
    const inspector = statelyInspector();
    await expect(inspector.ready).rejects.toThrow(/ws:\/\//);
  });

  it("says what to install when the package cannot be loaded, and the session goes on", async () => {
    const absent = new Error("Cannot find package");
    const inspector = statelyInspector({ load: () => Promise.reject(absent) });
    await expect(inspector.ready).rejects.toBe(absent);
    const transport = new ScriptedTransport({ inspect: inspector });
    transport.initialize({ transport }, () => undefined);
    await transport.connect();
    expect(transport.state).toBe("connected");
    await transport.disconnect();
  });

  it("takes the module from the app, which bundles it", async () => {
    const urls: string[] = [];
    const events: InspectionEvent[] = [];
    const shown = { inspect: { next: (event: InspectionEvent) => void events.push(event) }, stop: () => undefined };
    const inspector = statelyInspector({
      url: "ws://localhost:1",
      load: () =>
        Promise.resolve({
          createBrowserInspector: () => shown,
          createWebSocketInspector: ({ url }) => {
            urls.push(url);
            return shown;
          },
        }),
    });
    const transport = new ScriptedTransport({ inspect: inspector });
    transport.actor.getSnapshot();
    await inspector.ready;
    expect(urls).toEqual(["ws://localhost:1"]);
    expect(events[0]?.type).toBe("@xstate.actor");
  });
});

describe("bundles", () => {
  const bundle = (contents: string, options: BuildOptions = {}) =>
    build({
      stdin: { contents, resolveDir: process.cwd(), loader: "ts" },
      bundle: true,
      format: "esm",
      write: false,
      metafile: true,
      logLevel: "silent",
      external: ["xstate", "@pipecat-ai/client-js"],
      ...options,
    });

  it("statelyInspector: an absent package is no error", async () => {
    const library = await bundle('export { statelyInspector } from "./src/inspect/index.ts";', {
      packages: "external",
    });
    // From a folder in which it is not installed.
    const contents = library.outputFiles![0]!.text;
    expect(contents).toContain("@statelyai/inspect");
    await expect(bundle("", { stdin: { contents, resolveDir: tmpdir() } })).resolves.toMatchObject({ errors: [] });
  });

  it("inspect: an app without an inspector's import holds no trace of one", async () => {
    const { metafile } = await bundle(
      'import { OpenAIRealTimeWebSocketTransport } from "./src/providers/openai/index.ts"; console.log(OpenAIRealTimeWebSocketTransport);',
    );
    const [output] = Object.values(metafile!.outputs);
    const bundled = Object.keys(output!.inputs);
    expect(bundled).toContain("src/transport/core.ts");
    expect(bundled.filter((path) => path.startsWith("src/inspect/"))).toEqual([]);
  });

  it.each([
    [
      "flightRecorder",
      ["live-inspector.ts", "live/", "stately-inspector.ts", "xstate-inspector.ts", "legacy/", "recording/replay.ts"],
    ],
    ["xstateInspector", ["live-inspector.ts", "live/", "stately-inspector.ts", "flight-recorder.ts", "recording/"]],
    ["statelyInspector", ["live-inspector.ts", "live/", "xstate-inspector.ts", "legacy/", "recording/"]],
    ["liveInspector", ["stately-inspector.ts", "xstate-inspector.ts", "legacy/", "recording/replay.ts"]],
  ])("%s: an app that imports it alone holds none of the others", async (name, others) => {
    const { metafile } = await bundle(`import { ${name} } from "./src/inspect/index.ts"; console.log(${name});`, {
      packages: "external",
    });
    const [output] = Object.values(metafile!.outputs);
    const bundled = Object.entries(output!.inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    );
    const kept = bundled.filter((path) => others.some((other) => path.startsWith(`src/inspect/${other}`)));
    expect(kept).toEqual([]);
    expect(bundled.length).toBeGreaterThan(0);
  });
});
