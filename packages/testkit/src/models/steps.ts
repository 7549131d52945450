import fc from "fast-check";
import { AlreadyConnectedError, ConnectionAbortedError } from "../../../../src/errors.js";
import type { AppWorld, Reaction } from "../worlds/app-world.js";

type Model = Record<string, never>;

/** Something that happens to a world, as a command of fast-check. */
export type StepOf<W> = fc.Arbitrary<fc.AsyncCommand<Model, W>>;

/** What may happen, by the name under which it is read in a counterexample. */
export type Acts<W> = Readonly<Record<string, (world: W) => void>>;

/** One step of an app, a service, a device, a network or time; what it does is also how it reads in a counterexample. */
class Step<W extends AppWorld> implements fc.AsyncCommand<Model, W> {
  constructor(
    private readonly name: string,
    private readonly act: (world: W) => void,
    private readonly drained: boolean,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: Model, world: W): Promise<void> {
    this.act(world);
    world.checkInvariants();
    if (!this.drained) return;
    await world.settle();
    world.checkInvariants();
  }

  toString(): string {
    return this.drained ? this.name : `${this.name} (and at once)`;
  }
}

/** As the client does it; a bot that is not wanted any more is refused with a throw. */
function write(transport: AppWorld["transport"], state: "authenticating" | "authenticated"): void {
  try {
    transport.state = state;
  } catch (error) {
    const isRefusal = error instanceof ConnectionAbortedError || error instanceof AlreadyConnectedError;
    if (!isRefusal) throw error;
  }
}

const APP: Acts<AppWorld> = {
  connect: (world) => {
    world.connect();
  },
  disconnect: (world) => {
    world.disconnect();
  },
  initDevices: (world) => {
    world.initDevices();
  },
  sendReadyMessage: (world) => {
    world.sendReadyMessage();
  },
  "state = authenticating": ({ transport }) => {
    write(transport, "authenticating");
  },
  "state = authenticated": ({ transport }) => {
    write(transport, "authenticated");
  },
  "state = connected": ({ transport }) => {
    transport.state = "connected";
  },
  "enableMic(true)": ({ transport }) => {
    transport.enableMic(true);
  },
  "enableMic(false)": ({ transport }) => {
    transport.enableMic(false);
  },
  "updateMic(b)": ({ transport }) => {
    void transport.updateMic("b");
  },
  sendMessage: (world) => {
    world.send();
  },
  resumeAudio: ({ transport }) => {
    transport.resumeAudio();
  },
  "interrupt()": ({ transport }) => {
    transport.interrupt();
  },
};

const WORLD: Acts<AppWorld> = {
  "microphone grants": ({ media }) => {
    media.microphone.script = "grant";
  },
  "microphone asks": ({ media }) => {
    media.microphone.script = "hang";
  },
  "microphone denies": ({ media }) => {
    media.microphone.script = "permissions";
  },
  "user allows": ({ media }) => {
    media.microphone.answer();
  },
  "user denies": ({ media }) => {
    media.microphone.answer("permissions");
  },
  "microphone lost": ({ media }) => {
    media.microphone.lose();
  },
  "device plugged in": ({ devices }) => {
    devices.dispatchEvent(new Event("devicechange"));
  },
  speech: (world) => {
    world.say();
  },
  "playback blocked": ({ media }) => {
    media.speaker.report({ type: "blocked" });
  },
  "playback unblocked": ({ media }) => {
    media.speaker.report({ type: "unblocked" });
  },
  offline: ({ network }) => {
    network.turn(false);
  },
  online: ({ network }) => {
    network.turn(true);
  },
  "page hidden": ({ network }) => {
    network.show(false);
  },
  "page shown": ({ network }) => {
    network.show(true);
  },
  "page back from the cache": ({ network }) => {
    network.dispatchEvent(new Event("pageshow"));
  },
  "machine asleep for an hour": ({ clock }) => {
    clock.sleep(3_600_000);
  },
};

const MOMENTS = [
  "initializing",
  "initialized",
  "connecting",
  "connected",
  "ready",
  "disconnecting",
  "disconnected",
  "error",
  "onConnected",
  "onDisconnected",
  "onBotReady",
  "onMicUpdated",
  "onDeviceError",
  "onError",
  "onRecovered",
  "bot-ready",
  "error-response",
];

const REACTIONS: Readonly<Record<string, Reaction>> = {
  throws: () => {
    throw new Error("scripted app error");
  },
  connects: (world) => {
    world.connect();
  },
  disconnects: (world) => {
    world.disconnect();
  },
  "disconnects and connects": (world) => {
    world.disconnect();
    world.connect();
  },
  "connects and disconnects": (world) => {
    world.connect();
    world.disconnect();
  },
  "asks for devices": (world) => {
    world.initDevices();
  },
  "disconnects and asks for devices": (world) => {
    world.disconnect();
    world.initDevices();
  },
  mutes: ({ transport }) => {
    transport.enableMic(false);
  },
  "starts a bot": ({ transport }) => {
    transport.state = "authenticating";
  },
  "sends a message": (world) => {
    world.send();
  },
  "loses the wire": (world) => {
    world.lose(true);
  },
  "loses the wire for good": (world) => {
    world.disconnect();
    world.lose(false);
  },
};

const drained = fc.boolean();

/** One of these acts, as somebody's. */
export const stepsOf = <W extends AppWorld>(who: string, acts: Acts<W>): StepOf<W> =>
  fc
    .tuple(fc.constantFrom(...Object.entries(acts)), drained)
    .map(([[name, act], drain]) => new Step<W>(`${who}: ${name}`, act, drain));

const time: StepOf<AppWorld> = fc.tuple(fc.constantFrom(1, 60, 400, 2_500, 30_000), drained).map(
  ([ms, drain]) =>
    new Step<AppWorld>(
      `time: ${ms} ms`,
      ({ clock }) => {
        clock.advance(ms);
      },
      drain,
    ),
);

const reactions: StepOf<AppWorld> = fc
  .tuple(fc.constantFrom(...MOMENTS), fc.constantFrom(...Object.entries(REACTIONS)), drained)
  .map(
    ([moment, [name, reaction], drain]) =>
      new Step<AppWorld>(
        `app: ${name} in the next ${moment}`,
        (world) => {
          world.reactions.set(moment, reaction);
        },
        drain,
      ),
  );

/** What may happen to any session, and these steps beside it. */
function kindsOf<W extends AppWorld>(others: readonly StepOf<W>[]): StepOf<W>[] {
  const app = stepsOf<AppWorld>("app", APP);
  return [app, app, ...others, stepsOf<AppWorld>("world", WORLD), time, reactions];
}

/** Mostly one of these acts, in between anything. */
export const mostly = <W extends AppWorld>(acts: Acts<W>, ...others: StepOf<W>[]): StepOf<W> =>
  fc.oneof({ weight: 5, arbitrary: stepsOf<W>("service", acts) }, { weight: 1, arbitrary: time }, ...kindsOf(others));

/** What an app and its devices do, without what only others do. */
export const ofApp = <W extends AppWorld>(): StepOf<W> =>
  fc.oneof(stepsOf<W>("app", APP), stepsOf<W>("app", APP), time, reactions);

/** The app connects. */
export const connects: fc.AsyncCommand<Model, AppWorld> = new Step<AppWorld>(
  "app: connect",
  (world) => world.connect(),
  true,
);

/** Any of them, in any order. */
export function anyOrder<W extends AppWorld>(
  ...others: StepOf<W>[]
): fc.Arbitrary<Iterable<fc.AsyncCommand<Model, W>>> {
  return fc.commands<Model, W, false>(kindsOf(others), { maxCommands: 40, size: "max" });
}
