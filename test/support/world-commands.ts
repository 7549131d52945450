import fc from "fast-check";
import { drain, type Reaction, type World } from "./world.js";

type Model = Record<string, never>;

/** One step of an app, a service, a device, a network or time; what it does is also how it reads in a counterexample. */
class Step implements fc.AsyncCommand<Model, World> {
  constructor(
    private readonly name: string,
    private readonly act: (world: World) => void,
    private readonly drained: boolean,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: Model, world: World): Promise<void> {
    this.act(world);
    world.checkInvariants();
    if (!this.drained) return;
    await drain();
    world.checkInvariants();
  }

  toString(): string {
    return this.drained ? this.name : `${this.name} (and at once)`;
  }
}

const APP: Readonly<Record<string, (world: World) => void>> = {
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
    transport.state = "authenticating";
  },
  "state = authenticated": ({ transport }) => {
    transport.state = "authenticated";
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
  "userStartedSpeaking()": ({ transport }) => {
    void transport.userStartedSpeaking();
  },
};

const SERVICE: Readonly<Record<string, (world: World) => void>> = {
  "dials open": ({ transport }) => {
    transport.script.dial = "open";
  },
  "dials are refused": ({ transport }) => {
    transport.script.dial = "refuse";
  },
  "dials hang": ({ transport }) => {
    transport.script.dial = "hang";
  },
  "ready at once": ({ transport }) => {
    transport.script.ready = "at once";
  },
  "ready never": ({ transport }) => {
    transport.script.ready = "never";
  },
  "goodbyes are answered": ({ transport }) => {
    transport.script.goodbye = "answer";
  },
  "goodbyes hang": ({ transport }) => {
    transport.script.goodbye = "hang";
  },
  opened: ({ transport }) => {
    transport.opened();
  },
  refused: ({ transport }) => {
    transport.refused();
  },
  "says ready": ({ transport }) => {
    transport.said();
  },
  dropped: ({ transport }) => {
    transport.dropped(true);
  },
  "dropped for good": ({ transport }) => {
    transport.dropped(false);
  },
  "conversations are kept": ({ transport }) => {
    transport.script.conversation = "resumed";
  },
  "conversations are lost": ({ transport }) => {
    transport.script.conversation = "fresh";
  },
  "owes an answer": ({ transport }) => {
    transport.owes("answer");
  },
  "is at work": ({ transport }) => {
    transport.owes("progress");
  },
  "owes nothing": ({ transport }) => {
    transport.owes("nothing");
  },
  speaks: ({ transport }) => {
    transport.speaks();
  },
  "questions are answered": ({ transport }) => {
    transport.script.probe = "answer";
  },
  "questions are not answered": ({ transport }) => {
    transport.script.probe = "silent";
  },
  "cannot be asked": ({ transport }) => {
    transport.script.probe = "cannot";
  },
  "wire expires": ({ transport }) => {
    transport.expiring(3_000);
  },
  busy: ({ transport }) => {
    transport.busy(true);
  },
  quiet: ({ transport }) => {
    transport.busy(false);
  },
  "connectionError()": ({ transport }) => {
    transport.connectionError("scripted");
  },
  "state = error": ({ transport }) => {
    transport.state = "error";
  },
  "bot audio": ({ transport }) => {
    transport.bufferBotAudio(new ArrayBuffer(8), "item");
  },
};

const WORLD: Readonly<Record<string, (world: World) => void>> = {
  "microphone grants": ({ transport }) => {
    transport.media.microphone.script = "grant";
  },
  "microphone asks": ({ transport }) => {
    transport.media.microphone.script = "hang";
  },
  "microphone denies": ({ transport }) => {
    transport.media.microphone.script = "permissions";
  },
  "user allows": ({ transport }) => {
    transport.media.microphone.answer();
  },
  "user denies": ({ transport }) => {
    transport.media.microphone.answer("permissions");
  },
  "microphone lost": ({ transport }) => {
    transport.media.microphone.lose();
  },
  "device plugged in": ({ devices }) => {
    devices.dispatchEvent(new Event("devicechange"));
  },
  speech: (world) => {
    world.say();
  },
  "playback blocked": ({ transport }) => {
    transport.media.speaker.report({ type: "blocked" });
  },
  "playback unblocked": ({ transport }) => {
    transport.media.speaker.report({ type: "unblocked" });
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
  "loses the wire": ({ transport }) => {
    transport.dropped(true);
  },
  "loses the wire for good": (world) => {
    world.disconnect();
    world.transport.dropped(false);
  },
};

const drained = fc.boolean();

const stepsOf = (who: string, acts: Readonly<Record<string, (world: World) => void>>): fc.Arbitrary<Step> =>
  fc
    .tuple(fc.constantFrom(...Object.entries(acts)), drained)
    .map(([[name, act], drain]) => new Step(`${who}: ${name}`, act, drain));

const time = fc.tuple(fc.constantFrom(1, 60, 400, 2_500, 30_000), drained).map(
  ([ms, drain]) =>
    new Step(
      `time: ${ms} ms`,
      ({ clock }) => {
        clock.advance(ms);
      },
      drain,
    ),
);

const reactions = fc.tuple(fc.constantFrom(...MOMENTS), fc.constantFrom(...Object.entries(REACTIONS)), drained).map(
  ([moment, [name, reaction], drain]) =>
    new Step(
      `app: ${name} in the next ${moment}`,
      (world) => {
        world.reactions.set(moment, reaction);
      },
      drain,
    ),
);

/** What may happen to a session, in any order. */
export const steps: fc.Arbitrary<Iterable<fc.AsyncCommand<Model, World>>> = fc.commands<Model, World, false>(
  [stepsOf("app", APP), stepsOf("app", APP), stepsOf("service", SERVICE), stepsOf("world", WORLD), time, reactions],
  { maxCommands: 40, size: "max" },
);
