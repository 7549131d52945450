import type { Transport } from "@pipecat-ai/client-js";
import { LogLevel, PipecatClient } from "@pipecat-ai/client-js";
import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EVERY_TRANSPORT, type TransportName } from "../../../packages/testkit/src/worlds/every-transport.js";
import { FakePage } from "../../../packages/testkit/src/worlds/page.js";
import { SeedTransport } from "../../../packages/testkit/src/worlds/seed-transport.js";
import { withService } from "../../../packages/testkit/src/worlds/with-service.js";
import { drain, silent } from "../../../packages/testkit/src/worlds/world.js";
import { canary } from "../../../packages/testkit/src/secrets/secrets.js";
import { ScriptedMediaManager, ScriptedTransport } from "../../../src/testing/index.js";

type Made = { readonly transport: Transport; readonly key: string };

/** Every transport of the library, in a client of its own. */
const MAKE: Record<string, () => Promise<Made>> = {
  ...Object.fromEntries(
    (Object.keys(EVERY_TRANSPORT) as TransportName[]).map((name) => [
      name,
      async () => {
        const key = canary();
        return { transport: EVERY_TRANSPORT[name](await withService(), () => key), key };
      },
    ]),
  ),
  Scripted: () => Promise.resolve({ transport: new ScriptedTransport({ logger: silent }), key: canary() }),
  "a subclass of Pipecat's base": () => {
    const transport = new SeedTransport({}, new ScriptedMediaManager(), { logger: silent });
    return Promise.resolve({ transport, key: canary() });
  },
};

const clients: PipecatClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.disconnect()));
  vi.unstubAllGlobals();
});

async function start(name: string) {
  new FakePage("nothing");
  const { transport, key } = await MAKE[name]!();
  const client = new PipecatClient({ transport, enableMic: true });
  client.setLogLevel(LogLevel.NONE);
  clients.push(client);
  const { transport: proxy } = client;
  expect(proxy).not.toBe(transport);
  return { client, transport, proxy, key };
}

/** Accessors and methods of all classes, from the transport's own up to client-js's. */
function membersOf(transport: object): [string, PropertyDescriptor][] {
  const all = new Map<string, PropertyDescriptor>();
  for (
    let level: unknown = transport;
    typeof level === "object" && level !== null;
    level = Object.getPrototypeOf(level)
  ) {
    if (level === Object.prototype) break;
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (!all.has(name)) all.set(name, descriptor);
    }
  }
  return [...all];
}

/** What the proxy keeps from apps, and what would end the session before the others were asked. */
const LIFECYCLE = ["initialize", "initDevices", "sendReadyMessage", "connect", "disconnect"];
const LAST = ["_connect", "_disconnect", "disconnectLLM", "connectionError", "connectLLM", "constructor"];
/** What ECMAScript, or Node, says of a `this` that has not the private members of its class. */
const FOREIGN = /private|Receiver|brand|incompatible|Illegal invocation|is not a constructor/i;

describe.each(Object.keys(MAKE))("client.transport, which is a Proxy: %s", (name) => {
  it.each(["before a session", "in a session"])("answers every getter as the transport does, %s", async (when) => {
    const { client, transport, proxy } = await start(name);
    if (when === "in a session") await client.connect();
    const getters = membersOf(transport).filter(([, { get }]) => get !== undefined);
    expect(getters.map(([getter]) => getter)).toEqual(expect.arrayContaining(["state", "isMicEnabled", "actor"]));
    for (const [getter] of getters) {
      const read = (from: object): unknown => {
        try {
          return Reflect.get(from, getter);
        } catch (error) {
          return String(error);
        }
      };
      const seen = read(proxy);
      expect(inspect(seen, { depth: 1 }), getter).toBe(inspect(read(transport), { depth: 1 }));
      expect(String(seen), getter).not.toMatch(FOREIGN);
    }
    expect(proxy.state).toBe(when === "in a session" ? "ready" : "disconnected");
  });

  it("bears every setter", async () => {
    const { client, transport, proxy } = await start(name);
    await client.connect();
    const setters = membersOf(transport).filter(([, { set }]) => set !== undefined);
    expect(setters.map(([setter]) => setter)).toContain("state");
    for (const [setter] of setters) {
      // One that client-js has only for writing.
      const value: unknown = setter === "startBotParams" ? { endpoint: "/start" } : Reflect.get(transport, setter);
      expect(() => Reflect.set(proxy, setter, value), setter).not.toThrow();
    }
    expect(proxy.state).toBe("ready");
  });

  it("runs every method on the transport itself", async () => {
    const { client, transport, proxy } = await start(name);
    await client.connect();
    const methods = membersOf(transport)
      .filter(([method, { value }]) => typeof value === "function" && !LIFECYCLE.includes(method))
      .map(([method]) => method)
      .filter((method) => method !== "constructor");
    expect(methods.length).toBeGreaterThan(15);
    const inOrder = methods.sort((a, b) => Number(LAST.includes(a)) - Number(LAST.includes(b)));
    for (const method of inOrder) {
      const outcome = await call(proxy, method);
      expect(outcome, method).not.toMatch(FOREIGN);
    }
    for (const method of LIFECYCLE) expect(() => Reflect.apply(member(proxy, method), proxy, [])).toThrow("disabled");
  });

  it("shows no class and no function of ours among the transport's own properties, and no credential", async () => {
    const { client, transport, key } = await start(name);
    await client.connect();
    const held = Object.entries(transport).filter(([, value]) => typeof value === "function");
    // Those that are client-js's own, and a test double's scripts.
    const theirs =
      name === "a subclass of Pipecat's base" ? ["connects", "disconnects", "hears", "sends", "announces"] : [];
    expect(held.map(([property]) => property).filter((property) => !theirs.includes(property))).toEqual(["_onMessage"]);
    const shown = inspect(transport, { depth: 12, showHidden: true, maxArrayLength: null, maxStringLength: null });
    expect(shown).not.toContain(key);
    expect(JSON.stringify(enumerable(transport))).not.toContain(key);
  });
});

function member(of: object, name: string): (...args: unknown[]) => unknown {
  return Reflect.get(of, name) as (...args: unknown[]) => unknown;
}

/** Calls a method as an app may that knows no types; returns what it threw or rejected with. */
async function call(proxy: object, method: string): Promise<string> {
  try {
    const result = Reflect.apply(member(proxy, method), proxy, []);
    // Some never settle without a session, or with it.
    await Promise.race([result, drain()]);
    return "";
  } catch (error) {
    return String(error);
  }
}

/** Everything that a loop over properties reaches, without going round in circles. */
function enumerable(value: unknown, seen = new Set<unknown>()): unknown {
  if (typeof value === "function" || typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (seen.has(value)) return "…";
  seen.add(value);
  return Object.fromEntries(
    Object.keys(value).map((property) => {
      try {
        return [property, enumerable(Reflect.get(value, property), seen)];
      } catch (error) {
        return [property, String(error)];
      }
    }),
  );
}
