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

const never = { before: ({ transport }: World) => void (transport.script.ready = "never") };
const offline = ({ network }: World): void => network.turn(false);
const online = ({ network }: World): void => network.turn(true);
const lost = ({ transport }: World): void => transport.service.dropped(true);
const unplugged = ({ media }: World): void => {
  media.microphone.script = "not-found";
  media.microphone.lose();
};
const plugged =
  (deviceId: string) =>
  ({ devices, media }: World): void => {
    media.microphone.script = "grant";
    const device = { deviceId, label: deviceId, groupId: "", kind: "audioinput" };
    Object.assign(devices, { enumerateDevices: () => Promise.resolve([device]) });
    devices.dispatchEvent(new Event("devicechange"));
  };

export const EDGE_SCENES: readonly EdgeScene[] = [
  { ...never, then: [({ clock }) => clock.advance(5_000)] },
  {
    ...never,
    then: [
      ({ transport }) => transport.service.perform({ type: "change-connection", withinMs: 3_000 }),
      ({ clock }) => clock.advance(3_000),
    ],
  },
  { ...never, then: [({ transport }) => transport.service.perform({ type: "tell", fact: { type: "bot.ready" } })] },
  { then: [lost, ({ network }) => network.show(false), ({ network }) => network.show(true)] },
  { then: [lost, offline, online, ({ clock }) => clock.advance(1_000)] },
  { then: [offline, online, offline, online] },
  { before: ({ transport }) => void (transport.script.connect = "hang"), then: [offline, online] },
  {
    options: { reconnect: { policy: { nextDelay: () => new Promise<never>(() => undefined) } as never } },
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
  { then: [(world) => world.disconnect(), (world) => world.initDevices(), unplugged, (world) => world.connect()] },
  { then: [({ transport }) => transport.service.perform({ type: "end" })] },
];
