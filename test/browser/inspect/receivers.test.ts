import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { statelyInspector, xstateInspector, type SessionInspector } from "../../../src/inspect/index.js";
import { sessionRig, wholeSession, type SessionRig } from "../../../packages/testkit/src/worlds/whole-session.js";

/** What the receiver's page shows of one actor's state, in the form of either inspector. */
interface Received {
  readonly type: string;
  readonly sessionId: string;
  readonly id?: string;
  readonly name?: string;
  readonly event?: { readonly type?: string; readonly name?: string };
  readonly state?: { readonly value: unknown };
  readonly snapshot?: { readonly value?: unknown };
}

interface ReceiverWindow extends Window {
  readonly received: Received[];
  readonly failures: string[];
  readonly receiver: { send(event: unknown): void };
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A page with a receiver, which knows nothing of the test's page. */
function receiverPage(script: string, start: string): string {
  const html = `<!doctype html><title>Viewer</title><script>
    window.received = []; window.failures = [];
    for (const level of ["error", "warn"]) console[level] = (...said) => failures.push(said.join(" "));
    window.addEventListener("error", ({ message }) => failures.push(message));
  </script><script>${script.replaceAll("</script", "<\\/script")}</script><script>
    window.receiver = ${start};
    receiver.subscribe((event) => received.push(event));
  </script>`;
  const url = URL.createObjectURL(new Blob([html], { type: "text/html" }));
  cleanups.push(() => URL.revokeObjectURL(url));
  return url;
}

function frame(): HTMLIFrameElement {
  const iframe = document.createElement("iframe");
  document.body.append(iframe);
  cleanups.push(() => iframe.remove());
  return iframe;
}

const pageIn = (iframe: HTMLIFrameElement): ReceiverWindow => iframe.contentWindow as ReceiverWindow;

/** Each actor's latest state, by its session id. */
function latest(received: readonly Received[]): Map<string, unknown> {
  const states = received.flatMap((event) => {
    const { value } = event.state ?? event.snapshot ?? {};
    return value === undefined ? [] : [[event.sessionId, value] as const];
  });
  return new Map(states);
}

/** The whole session, with what the page shows compared with the actors after each step. */
async function compare(rig: SessionRig, page: () => ReceiverWindow): Promise<void> {
  await wholeSession(rig, async ({ name }) => {
    const root = rig.transport.actor.getSnapshot();
    const { microphone, speaker, connection, turns } = root.children;
    await vi.waitFor(
      () => {
        const shown = latest(page().received);
        expect(shown.get(rig.transport.actor.sessionId), name).toEqual(root.value);
        for (const child of [microphone, speaker, connection, turns]) {
          if (child === undefined) continue;
          expect(shown.get(child.sessionId), `${name}: ${child.id}`).toEqual(child.getSnapshot().value);
        }
      },
      { timeout: 5_000 },
    );
  });
  expect(page().failures).toEqual([]);
}

const start = (inspect: SessionInspector): SessionRig => sessionRig({ inspect });

describe("xstateInspector: the real receiver of @xstate/inspect in a page", () => {
  const url = (): string =>
    receiverPage(inject("receivers").legacy, "viewer.createWindowReceiver({ window, targetWindow: window.parent })");

  it("shows a whole session in a frame that it opens", async () => {
    const iframe = frame();
    const inspector = xstateInspector({ url: url(), iframe });
    cleanups.push(() => inspector.stop());
    await compare(start(inspector), () => pageIn(iframe));
    const registered = pageIn(iframe).received.filter(({ type }) => type === "service.register");
    expect(registered.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["transport", "connection", "turns", "microphone", "speaker"]),
    );
  });

  it("shows it in a window that is open already, and takes an event of the viewer once", async () => {
    const iframe = frame();
    const page = url();
    iframe.src = page;
    await new Promise((resolve) => iframe.addEventListener("load", resolve, { once: true }));
    const inspector = xstateInspector({ url: page, targetWindow: pageIn(iframe) });
    cleanups.push(() => inspector.stop());
    const rig = start(inspector);
    const { actor } = rig.transport;
    const sent: string[] = [];
    actor.system.inspect((event) => {
      if (event.type === "@xstate.event" && event.actorRef === actor) sent.push(event.event.type);
    });
    // The page was loaded before there was an inspector: the viewer says again that it inspects, as on its "connect" button.
    pageIn(iframe).receiver.send({ type: "xstate.inspecting" });
    await vi.waitFor(() => {
      expect(pageIn(iframe).received.length).toBeGreaterThan(0);
    });
    const event = {
      name: "mic.muted",
      data: { type: "mic.muted" },
      $$type: "scxml",
      type: "external",
      origin: actor.sessionId,
    };
    pageIn(iframe).receiver.send({ type: "xstate.event", event: JSON.stringify(event), service: actor.sessionId });
    await vi.waitFor(() => {
      const shown = pageIn(iframe).received.filter(
        (each) =>
          each.type === "service.event" && each.event?.name === "mic.muted" && each.sessionId === actor.sessionId,
      );
      expect(shown).toHaveLength(1);
    });
    expect(sent.filter((type) => type === "mic.muted")).toHaveLength(1);
    expect(actor.getSnapshot().children.microphone!.getSnapshot().context.muted).toBe(true);
  });

  it("listens to no other page", async () => {
    const iframe = frame();
    const inspector = xstateInspector({ url: url(), iframe });
    cleanups.push(() => inspector.stop());
    const rig = start(inspector);
    const { actor } = rig.transport;
    const event = {
      name: "mic.muted",
      data: { type: "mic.muted" },
      $$type: "scxml",
      type: "external",
      origin: actor.sessionId,
    };
    const heard = new Promise((resolve) => window.addEventListener("message", resolve, { once: true }));
    window.postMessage({ type: "xstate.event", event: JSON.stringify(event) }, "*");
    await heard;
    expect(actor.getSnapshot().children.microphone!.getSnapshot().context.muted).toBe(false);
  });
});

describe("statelyInspector: the real receiver of @statelyai/inspect in a page", () => {
  it("shows a whole session in a frame", async () => {
    const iframe = frame();
    // It must not connect before the frame's own load event, or it misses what was kept for it.
    const url = receiverPage(
      inject("receivers").stately,
      `{ subscribe: (run) => window.addEventListener("load", () =>
          setTimeout(() => viewer.createBrowserReceiver({ window, sendToTargetWindow: true }).subscribe(run))) }`,
    );
    const inspector = statelyInspector({ url, iframe });
    cleanups.push(() => inspector.stop());
    await inspector.ready;
    await compare(start(inspector), () => pageIn(iframe));
    const machines = pageIn(iframe).received.filter(({ type }) => type === "@xstate.actor");
    expect(machines.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["transport", "connection", "turns", "microphone", "speaker"]),
    );
  });
});
