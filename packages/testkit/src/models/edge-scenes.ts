import type { TransportOptions } from "../../../../src/options.js";
import type { World } from "../worlds/world.js";

/** What must come together for an edge that walks of chance hardly meet. */
export interface EdgeScene {
  readonly options?: TransportOptions;
  /** Before the app connects. */
  readonly before?: (world: World) => void;
  /** One after the other, and what each sets going in between. */
  readonly then: readonly ((world: World) => void)[];
}

export const never = { before: ({ transport }: World) => void (transport.script.ready = "never") };
export const offline = ({ network }: World): void => network.turn(false);
export const online = ({ network }: World): void => network.turn(true);
export const lost = ({ transport }: World): void => transport.service.dropped(true);
export const expiring = ({ transport }: World): void =>
  transport.service.perform({ type: "change-connection", withinMs: 3_000 });
export const unplugged = ({ media }: World): void => {
  media.microphone.script = "not-found";
  media.microphone.lose();
};
export const plugged =
  (deviceId: string) =>
  ({ devices, media }: World): void => {
    media.microphone.script = "grant";
    const device = { deviceId, label: deviceId, groupId: "", kind: "audioinput" } as const;
    media.getAllMics = () => Promise.resolve([{ ...device, toJSON: () => device }]);
    devices.dispatchEvent(new Event("devicechange"));
  };
export const pulledOut = ({ devices, media }: World): void => {
  media.getAllMics = () => Promise.resolve([]);
  devices.dispatchEvent(new Event("devicechange"));
};
/** The browser takes its time, and then has none. */
export const asking = ({ media }: World): void => void (media.microphone.script = "hang");
export const answered = ({ media }: World): void => media.microphone.answer("not-found");
export const chosen = ({ transport }: World): void => void transport.updateMic("b");
export const taken = ({ media }: World): void => media.microphone.lose();
export const after =
  (ms: number) =>
  ({ clock }: World): void =>
    clock.advance(ms);
export const silenced = ({ media }: World): void =>
  media.speaker.report({ type: "lost", error: new Error("scripted") });
/** An app whose retry policy ends the session. */
const leaving: { world?: World } = {};

export const hangsUp = { before: ({ transport }: World) => void (transport.script.close = "hang") };
export const leaves = (world: World): void => world.disconnect();
export const crashes =
  (actor: Parameters<World["crash"]>[0]) =>
  (world: World): void =>
    world.crash(actor);
/** An app whose retry policy crashes beside its answer. */
const crashing: { world?: World } = {};

export const EDGE_SCENES: readonly EdgeScene[] = [
  { ...never, then: [({ clock }) => clock.advance(5_000)] },
  {
    ...never,
    then: [expiring, ({ clock }) => clock.advance(3_000)],
  },
  { ...never, then: [({ transport }) => transport.service.perform({ type: "tell", fact: { type: "bot.ready" } })] },
  { then: [lost, ({ network }) => network.show(false), ({ network }) => network.show(true)] },
  { then: [lost, offline, online, ({ clock }) => clock.advance(1_000)] },
  { then: [offline, online, offline, online] },
  { then: [after(2_000), offline, expiring, after(2_000), expiring, after(2_000), online] },
  { before: ({ transport }) => void (transport.script.connect = "hang"), then: [offline, online] },
  {
    options: {
      reconnect: { minUptime: 2_000, policy: { nextDelay: () => new Promise<never>(() => undefined) } as never },
    },
    then: [lost, (world) => world.disconnect()],
  },
  { then: [unplugged, plugged("c")] },
  { then: [({ transport }) => void transport.updateMic("b"), unplugged, plugged("b")] },
  {
    then: [
      ({ transport }) => void transport.updateMic("b"),
      ({ media }) => media.microphone.lose(),
      plugged("b"),
      plugged("b"),
    ],
  },
  { then: [chosen, taken, plugged("b")] },
  {
    before: ({ media }) => void Object.assign(media.microphone, { preferred: "b" }),
    then: [chosen, taken, plugged("b")],
  },
  { then: [silenced, after(11_000), after(11_000), silenced, silenced] },
  {
    options: { reconnect: { initial: true, base: 100, cap: 1_000, attempts: 3, minUptime: 2_000 } },
    before: ({ transport }) => void (transport.script.connect = "refuse"),
    then: [after(300), after(1_000), after(1_000), after(1_000)],
  },
  { then: [chosen, taken, taken, plugged("b")] },
  {
    then: [
      taken,
      after(11_000),
      after(11_000),
      taken,
      after(1_000),
      taken,
      plugged("c"),
      after(11_000),
      after(11_000),
      taken,
    ],
  },
  {
    then: [
      ({ transport }) => transport.service.perform({ type: "play", itemId: "item", pcm: new ArrayBuffer(8) }),
      lost,
      after(300),
    ],
  },
  {
    then: [
      ({ transport }) => void (transport.script.ready = "never"),
      lost,
      after(300),
      ({ transport }) => void (transport.script.ready = "at once"),
      after(3_000),
      after(300),
    ],
  },
  { then: [({ transport }) => void (transport.script.connect = "hang"), lost, after(300), offline, online] },
  {
    options: { reconnect: { base: 1_000, minUptime: 2_000 } },
    then: [lost, ({ network }) => network.show(false), ({ network }) => network.show(true)],
  },
  {
    options: {
      reconnect: {
        minUptime: 2_000,
        policy: {
          nextDelay: () => {
            leaving.world?.disconnect();
            return 100;
          },
        },
      },
    },
    before: (world) => void (leaving.world = world),
    then: [lost],
  },
  {
    then: [
      ({ transport }) =>
        transport.actor.send({
          type: "bot.failed",
          fault: { id: 0, code: "service-error", message: "scripted", retryable: false },
        }),
    ],
  },
  { then: [(world) => world.disconnect(), (world) => world.initDevices(), unplugged, (world) => world.connect()] },
  { then: [({ transport }) => transport.service.perform({ type: "end" })] },
  { ...hangsUp, then: [leaves, (world) => world.initDevices(), leaves] },
  {
    then: [
      ({ transport }) => transport.service.current?.setBusy(true),
      ({ transport }) => transport.service.current?.setBusy(false),
    ],
  },
  { then: [taken, taken, ({ transport }) => transport.enableMic(false)] },
  { then: [asking, taken, chosen, answered, answered] },
  { then: [asking, taken, pulledOut, answered, answered] },
  { then: [asking, taken, plugged("c"), answered] },
  { before: asking, then: [chosen, answered] },
  {
    before: ({ media }) => void (media.microphone.script = "permissions"),
    then: [(world) => world.initDevices()],
  },
  {
    then: [({ media }) => media.speaker.report({ type: "interrupted" }), ({ transport }) => transport.resumeAudio()],
  },
  {
    then: [
      ({ media }) =>
        media.speaker.report({
          type: "began",
          item: { itemId: "item", playedSamples: 1, receivedSamples: 2, sampleRate: 24_000 },
        }),
      ({ transport }) => transport.interrupt(),
    ],
  },
  // Crashes of the library's own code.
  { then: [crashes("turns")] },
  { then: [crashes("connection")] },
  { ...hangsUp, then: [leaves, crashes("turns")] },
  { ...hangsUp, then: [leaves, crashes("connection")] },
  { then: [crashes("network")] },
  { then: [crashes("attempt")] },
  {
    options: {
      reconnect: {
        policy: {
          nextDelay: () => {
            crashing.world?.crash("retry");
            return 100;
          },
        },
      },
    },
    before: (world) => void (crashing.world = world),
    then: [lost],
  },
  { then: [crashes("capture")] },
  { then: [crashes("playback")] },
];
