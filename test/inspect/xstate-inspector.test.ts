import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import {
  createActor,
  createMachine as createMachine5,
  type AnyStateMachine as AnyStateMachine5,
  type InspectionEvent,
} from "xstate";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  connectionMachine,
  microphoneMachine,
  speakerMachine,
  transportMachine,
  turnsMachine,
} from "../../machines/index.js";
import { xstateInspector, type XStateInspector } from "../../src/inspect/index.js";
import { legacyMachine } from "../../src/inspect/legacy/legacy-machine.js";
import {
  createMachine,
  createWebSocketReceiver,
  type AnyStateMachine,
  type InspectReceiver,
  type ParsedReceiverEvent,
} from "../../packages/legacy-viewer/src/index.js";
import { sessionRig, wholeSession } from "../../packages/testkit/src/worlds/whole-session.js";

let server: WebSocketServer;
let inspector: XStateInspector;
const rejected: unknown[] = [];

beforeEach(async () => {
  rejected.length = 0;
  // The receiver says so of a message that it cannot parse.
  vi.spyOn(console, "error").mockImplementation((...said) => void rejected.push(said));
  vi.spyOn(console, "warn").mockImplementation((...said) => void rejected.push(said));
  vi.stubGlobal("WebSocket", WebSocket);
  server = new WebSocketServer({ port: 0 });
  await once(server, "listening");
  inspector = xstateInspector({ server });
});

afterEach(() => {
  inspector.stop();
  for (const client of server.clients) client.terminate();
  server.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** The viewer's end of the connection. */
function view(): { readonly receiver: InspectReceiver; readonly received: ParsedReceiverEvent[] } {
  const { port } = server.address() as AddressInfo;
  const receiver = createWebSocketReceiver({ server: `localhost:${String(port)}`, serialize: undefined });
  const received: ParsedReceiverEvent[] = [];
  receiver.subscribe((event) => void received.push(event));
  return { receiver, received };
}

type StateNode5 = AnyStateMachine5["root"];

const nodesOf = (node: StateNode5): StateNode5[] => [node, ...Object.values<StateNode5>(node.states).flatMap(nodesOf)];

const charts: Record<string, AnyStateMachine5> = {
  transportMachine,
  connectionMachine,
  turnsMachine,
  microphoneMachine,
  speakerMachine,
};

/** Every state's transitions, with their targets looked up. */
function targetsOf(machine: AnyStateMachine): string[] {
  const nodes = [machine, ...machine.stateIds.map((id) => machine.getStateNodeById(id))];
  return nodes.flatMap(({ transitions }) =>
    transitions.flatMap(({ source, target, eventType }) =>
      (target ?? []).map(({ id }: { readonly id: string }) => `${source.id} ${eventType} ${id}`),
    ),
  );
}

describe("xstateInspector: charts of XState 5 as machines of XState 4", () => {
  it.each(Object.entries(charts))("has every state and target of %s", (_, chart) => {
    const machine = createMachine(JSON.parse(JSON.stringify(legacyMachine(chart, {}))) as never);
    const nodes = nodesOf(chart.root);
    expect([...machine.stateIds].sort()).toEqual(nodes.map(({ id }) => id).sort());
    for (const { id, type } of nodes) expect(machine.getStateNodeById(id).type).toBe(type);
    const arrows = nodes.flatMap(({ transitions, always }) =>
      [...transitions.values(), always ?? []].flat().flatMap(({ target }) => target ?? []),
    );
    expect(targetsOf(machine)).toHaveLength(arrows.length);
  });

  it("keeps history states, inline functions and nameless guards readable", () => {
    const chart = createMachine5({
      id: "odd",
      initial: "a",
      states: {
        a: { on: { go: { target: "b", guard: () => true, actions: () => undefined } } },
        b: { initial: "one", states: { one: {}, past: { type: "history", history: "deep" } }, onDone: "a" },
      },
    });
    const machine = createMachine(JSON.parse(JSON.stringify(legacyMachine(chart, {}))) as never);
    expect(machine.getStateNodeById("odd.b.past").history).toBe("deep");
    expect(targetsOf(machine)).toEqual(expect.arrayContaining(["odd.a go odd.b"]));
  });
});

describe("xstateInspector: the real receiver of @xstate/inspect, over a WebSocket server", () => {
  it("shows a whole session, each actor's states in their order, and nothing is rejected", async () => {
    const { received } = view();
    await vi.waitFor(() => {
      expect(server.clients.size).toBe(1);
    });
    const told = new Map<string, string[]>();
    const watch = (event: InspectionEvent): void => {
      if (event.type !== "@xstate.snapshot") return;
      const { status, value = status } = event.snapshot as { value?: unknown; status: string };
      const { sessionId } = event.actorRef;
      told.set(sessionId, [...(told.get(sessionId) ?? []), JSON.stringify(value)]);
    };
    const rig = sessionRig({ inspect: [inspector, watch] });
    const shownNow = new Map<string, string>();
    const { sessionId } = rig.transport.actor;
    await wholeSession(rig, async ({ name }) => {
      const expected = JSON.stringify(rig.transport.actor.getSnapshot().value);
      await vi.waitFor(() => {
        for (const event of received) {
          if (event.type === "service.state") shownNow.set(event.sessionId, JSON.stringify(event.state.value));
        }
        expect(shownNow.get(sessionId), name).toBe(expected);
      });
      for (const child of Object.values(rig.transport.actor.getSnapshot().children)) {
        expect(shownNow.get(child.sessionId), `${name}: ${child.id}`).toBe(JSON.stringify(child.getSnapshot().value));
      }
    });

    const shown = new Map<string, string[]>();
    for (const event of received) {
      if (event.type !== "service.state") continue;
      shown.set(event.sessionId, [...(shown.get(event.sessionId) ?? []), JSON.stringify(event.state.value)]);
    }
    expect(shown).toEqual(told);
    const registered = received.filter((event) => event.type === "service.register");
    expect(registered.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["transport", "connection", "turns", "microphone", "speaker"]),
    );
    for (const { id, parent, machine, state } of registered) {
      expect(parent === undefined).toBe(id === "transport");
      expect(machine.id).toBe(id);
      expect(() => machine.resolveState(state)).not.toThrow();
    }
    expect(rejected).toEqual([]);
    // Each actor that was shown and has ended is said to have stopped; the root, microphone and speaker live on.
    const stopped = received
      .filter(({ type }) => type === "service.stop")
      .map((event) => "sessionId" in event && event.sessionId);
    const ended = registered.filter(({ id }) => id === "turns" || id === "connection").map((event) => event.sessionId);
    expect(stopped).toEqual(expect.arrayContaining(ended));
    expect(stopped).not.toContain(sessionId);
  });

  it("sends an event of the viewer to its actor, once, and shows it once", async () => {
    const { receiver, received } = view();
    const rig = sessionRig({ inspect: inspector });
    const muted: boolean[] = [];
    rig.transport.actor.subscribe(() => undefined);
    await vi.waitFor(() => {
      expect(received.some(({ type }) => type === "service.register")).toBe(true);
    });
    const { sessionId } = rig.transport.actor;
    const events: string[] = [];
    rig.transport.actor.system.inspect((event) => {
      if (event.type === "@xstate.event" && event.actorRef === rig.transport.actor) events.push(event.event.type);
    });
    const scxml = {
      name: "mic.muted",
      data: { type: "mic.muted" },
      $$type: "scxml",
      type: "external",
      origin: sessionId,
    };
    receiver.send({ type: "xstate.event", event: JSON.stringify(scxml), service: sessionId });
    await vi.waitFor(() => {
      expect(events).toEqual(["mic.muted"]);
    });
    muted.push(rig.transport.actor.getSnapshot().children.microphone!.getSnapshot().context.muted);
    expect(muted).toEqual([true]);
    const shown = (): ParsedReceiverEvent[] =>
      received.filter(
        (event) => event.type === "service.event" && event.event.name === "mic.muted" && event.sessionId === sessionId,
      );
    await vi.waitFor(() => {
      expect(shown()).not.toEqual([]);
    });
    await rig.transport.initDevices();
    await vi.waitFor(() => {
      expect(received.some((event) => event.type === "service.event" && event.event.name === "mic.acquired")).toBe(
        true,
      );
    });
    expect(shown()).toHaveLength(1);
    expect(events.filter((type) => type === "mic.muted")).toHaveLength(1);
  });

  it.each([
    "no JSON",
    JSON.stringify({ type: "xstate.event", event: "{" }),
    JSON.stringify({ type: "xstate.event", event: JSON.stringify({ origin: "x:0", data: null }) }),
    JSON.stringify({ type: "xstate.event", event: JSON.stringify({ origin: "nobody", data: { type: "mic.muted" } }) }),
    JSON.stringify({ type: "xstate.event" }),
    "null",
  ])("lets nonsense of a viewer pass: %s", async (text) => {
    const rig = sessionRig({ inspect: inspector });
    const before = rig.transport.actor.getSnapshot();
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://localhost:${String(port)}`);
    await once(socket, "open");
    socket.send(text);
    socket.send(JSON.stringify({ type: "xstate.inspecting" }));
    await once(socket, "message");
    expect(rig.transport.actor.getSnapshot()).toBe(before);
    expect(before.status).toBe("active");
    socket.terminate();
  });

  it("refuses to send XState's own events, which would end the actor", async () => {
    const { receiver, received } = view();
    const rig = sessionRig({ inspect: inspector });
    const { actor } = rig.transport;
    await vi.waitFor(() => {
      expect(received.length).toBeGreaterThan(0);
    });
    const send = (data: { type: string }): void => {
      const event = JSON.stringify({
        name: data.type,
        data,
        $$type: "scxml",
        type: "external",
        origin: actor.sessionId,
      });
      receiver.send({ type: "xstate.event", event, service: actor.sessionId });
    };
    send({ type: "xstate.stop" });
    send({ type: "*" });
    send({ type: "mic.muted" });
    await vi.waitFor(() => {
      expect(actor.getSnapshot().children.microphone!.getSnapshot().context.muted).toBe(true);
    });
    expect(actor.getSnapshot().status).toBe("active");
  });

  it("shows a viewer that comes late what there is, each actor in the state in which it is", async () => {
    view();
    const rig = sessionRig({ inspect: inspector });
    await rig.transport.connect();
    await rig.transport.sendReadyMessage();
    const late = view();
    await vi.waitFor(() => {
      const ids = late.received.map((event) => (event.type === "service.register" ? event.id : ""));
      expect(ids).toEqual(expect.arrayContaining(["transport", "connection", "turns", "microphone", "speaker"]));
    });
    const root = late.received.find((event) => event.type === "service.register" && event.id === "transport");
    expect(root).toMatchObject({ state: { value: { lifecycle: { session: { live: "ready" } } } } });
    await rig.transport.disconnect();
  });

  it("hides what the app wants hidden", async () => {
    inspector.stop();
    inspector = xstateInspector({
      server,
      sanitizeEvent: ({ type }) => ({ type }),
      sanitizeContext: () => ({ hidden: true }),
    });
    const { received } = view();
    const rig = sessionRig({ inspect: inspector });
    await rig.transport.initDevices();
    await vi.waitFor(() => {
      expect(received.some((event) => event.type === "service.event" && event.event.name === "mic.acquired")).toBe(
        true,
      );
    });
    const text = JSON.stringify(received);
    expect(text).not.toContain("Scripted microphone");
    expect(received.find(({ type }) => type === "service.state")).toMatchObject({
      state: { context: { hidden: true } },
    });
  });

  it("drops the oldest of what came before the first viewer, and everything after its end", async () => {
    inspector.stop();
    inspector = xstateInspector({ server, maxDeferredEvents: 3 });
    const rig = sessionRig({ inspect: inspector });
    await rig.transport.initDevices();
    const { received } = view();
    await vi.waitFor(() => {
      expect(received.length).toBe(3);
    });
    inspector.stop();
    rig.transport.enableMic(false);
    const other = createActor(transportMachine, { input: {} as never, inspect: inspector.inspect });
    expect(other.getSnapshot().status).toBe("active");
    expect(received.length).toBe(3);
  });

  it("says what it needs where there is no page", () => {
    expect(() => xstateInspector()).toThrow(/WebSocketServer/);
  });
});
