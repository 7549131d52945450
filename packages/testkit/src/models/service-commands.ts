import fc from "fast-check";
import { FakeSocket } from "../scripted/fake-socket.js";
import type { ScriptedService } from "../scripted/scripted-service.js";
import type { Beginning, ServiceWorld } from "../worlds/service-world.js";
import { anyOrder, stepsOf, type Acts } from "./steps.js";

/** What matters most comes most often. */
const TEXT: Acts<ServiceWorld> = {
  "send a text": (world) => {
    world.send();
  },
};

const LOSS: Acts<ServiceWorld> = {
  "socket is lost": ({ service }) => {
    service.socket?.ends(1006);
  },
};

const APP: Acts<ServiceWorld> = {
  "add to the context": (world) => {
    world.send("append-to-context", { role: "user", run_immediately: false });
  },
  "send more texts than may wait": (world) => {
    for (let count = 0; count < 120; count += 1) world.send();
  },
  "answer a call": (world) => {
    world.answerCall();
  },
  "answer no call": (world) => {
    world.answerCall("call_of_nobody");
  },
  interrupt: ({ transport }) => {
    if ("interrupt" in transport) (transport as { interrupt(): void }).interrupt();
  },
  "send something raw": (world) => {
    world.sendRaw({ type: "input_audio_buffer.clear" });
  },
  "send another raw thing": (world) => {
    world.sendRaw({ realtimeInput: { audioStreamEnd: true } });
  },
  "dismiss the bot": (world) => {
    world.dismiss();
  },
};

const PLAYER: Acts<ServiceWorld> = {
  "begins an item": (world) => {
    world.plays("began");
  },
  "goes on": (world) => {
    world.plays("progress");
  },
  "ends an item": (world) => {
    world.plays("drained");
  },
};

const endingWith = (code: number): [string, (world: ServiceWorld) => void] => [
  `socket ends with ${code}`,
  ({ service }) => {
    service.socket?.ends(code, code === 4000 ? "session_expired" : "");
  },
];

const NETWORK: Acts<ServiceWorld> = {
  "sockets open": ({ service }) => {
    service.script.dial = "open";
  },
  "sockets are refused": ({ service }) => {
    service.script.dial = "refuse";
  },
  "sockets hang": ({ service }) => {
    service.script.dial = "hang";
  },
  "socket opens": ({ service }) => {
    service.socket?.opens();
  },
  "sessions are ready at once": ({ service }) => {
    service.script.ready = "at once";
  },
  "sessions are never ready": ({ service }) => {
    service.script.ready = "never";
  },
  "goodbyes are answered": ({ service }) => {
    service.script.goodbye = "answer";
  },
  "goodbyes hang": ({ service }) => {
    service.script.goodbye = "hang";
  },
  "questions are answered": ({ service }) => {
    service.script.questions = "answer";
  },
  "questions are not answered": ({ service }) => {
    service.script.questions = "ignore";
  },
  "socket is closing": ({ service: { socket } }) => {
    if (socket?.readyState === FakeSocket.OPEN) socket.readyState = FakeSocket.CLOSING;
  },
  "socket is clogged": ({ service: { socket } }) => {
    if (socket !== undefined) socket.bufferedAmount = 1024 * 1024;
  },
  "socket flows": ({ service: { socket } }) => {
    if (socket !== undefined) socket.bufferedAmount = 0;
  },
  ...Object.fromEntries([1000, 1001, 1007, 1008, 1011, 4000, 4003].map(endingWith)),
};

const NONSENSE: Acts<ServiceWorld> = {
  "says nonsense": ({ service }) => {
    service.say("{");
  },
  "says the last again": ({ service }) => {
    service.sayAgain(1);
  },
  "says an older thing again": ({ service }) => {
    service.sayAgain(4);
  },
};

/** What may happen to a session with a service, in any order. */
export function serviceSteps<S extends ScriptedService>(acts: Acts<S>) {
  const said: Acts<ServiceWorld<S>> = Object.fromEntries(
    Object.entries(acts).map(([name, act]) => [name, ({ service }: ServiceWorld<S>) => act(service)]),
  );
  return anyOrder<ServiceWorld<S>>(
    stepsOf("app", TEXT),
    stepsOf("app", APP),
    stepsOf("player", PLAYER),
    stepsOf("network", LOSS),
    stepsOf("network", NETWORK),
    stepsOf("service", said),
    stepsOf("service", said),
    stepsOf("service", NONSENSE),
  );
}

export const beginning = fc.constantFrom<Beginning>("idle", "ready", "ready", "dialled again", "open again");
