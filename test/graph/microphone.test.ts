import { transition, type AnyEventObject, type AnyMachineSnapshot } from "xstate";
import { describe, expect, it } from "vitest";
import type { MicrophoneContext, MicrophoneFact } from "../../machines/microphone.machine.js";
import { microphoneMachine } from "../../machines/index.js";
import { createActor, fromCallback, setup, type AnyActorRef } from "xstate";
import { microphoneChart } from "../../src/testing/model/charts.js";
import { isIn, placeOf, silenced, walk } from "../../src/testing/model/graph.js";

const { states } = walk(microphoneChart);
const machine = silenced(microphoneChart);
const ANSWERS = ["reportAcquired", "reportFailed", "reportCrash"];
/** How a capture actor may end its asking: the port's yes, its no, or a crash. */
const VERDICTS = ["mic.acquired", "mic.failed", "xstate.error.actor.capture"];

function step(from: AnyMachineSnapshot, event: AnyEventObject): { to: AnyMachineSnapshot; answered: boolean } {
  const [to, actions] = transition(machine, from, event);
  return { to, answered: actions.some(({ type }) => ANSWERS.includes(type)) };
}

describe("the microphone answers every request (or its owner would hang)", () => {
  it.each(states.map((state) => [JSON.stringify([state.value, state.context]), state] as const))(
    "in %s",
    (_, state) => {
      const { to, answered } = step(state, { type: "mic.requested" });
      if (answered) return;
      expect(placeOf(to)).toMatch(/^open\.held\.acquiring/u);
      for (const letter of VERDICTS.flatMap((type) => microphoneChart.alphabet[type] ?? [])) {
        const verdict = step(to, letter.event);
        // Or it asks once more: not again before devices have changed again.
        const asksOnce = placeOf(to).endsWith("overtaken") && placeOf(verdict.to).endsWith("another");
        expect(verdict.answered || asksOnce, letter.event.type).toBe(true);
      }
    },
  );

  it("asks again while it asks already, without asking twice", () => {
    const acquiring = states.filter((state) => isIn(state, { open: { held: "acquiring" } }));
    for (const state of acquiring) {
      const [to, actions] = transition(machine, state, { type: "mic.requested" });
      expect(to.value).toEqual(state.value);
      expect(actions).toEqual([]);
    }
  });
});

describe("the microphone remembers whether it is wanted, wherever it is told", () => {
  it.each(states.map((state) => [JSON.stringify([state.value, state.context]), state] as const))(
    "in %s",
    (_, state) => {
      expect(step(state, { type: "mic.muted" }).to.context).toMatchObject({ muted: true });
      expect(step(state, { type: "mic.unmuted" }).to.context).toMatchObject({ muted: false });
    },
  );
});

it("microphone: remembers no device where it holds none", () => {
  const holding = states.filter(({ context }) => (context as MicrophoneContext).device !== null);
  expect(holding.length).toBeGreaterThan(0);
  const isOpen = (state: AnyMachineSnapshot): boolean => /held\.(live|muted)$/u.test(placeOf(state));
  expect(holding.filter((state) => !isOpen(state)).map(placeOf)).toEqual([]);
});

describe("a running microphone", () => {
  /** The chart under a parent that writes down its facts, with a capture that the test plays. */
  function start(muted = false) {
    const facts: string[] = [];
    const devices: unknown[] = [];
    const inputs: unknown[] = [];
    const commands: string[] = [];
    let capture: (fact: MicrophoneFact) => void = () => undefined;
    let arrive: (deviceIds: string[]) => void = () => undefined;
    let leave: () => void = () => undefined;
    let held = 0;
    const child = microphoneMachine.provide({
      actors: {
        capture: fromCallback(({ input, sendBack, receive }) => {
          inputs.push(input);
          held += 1;
          capture = sendBack;
          receive((command) => commands.push(command.type));
          return () => {
            held -= 1;
          };
        }),
        deviceWatch: fromCallback(({ sendBack }) => {
          arrive = (deviceIds) => {
            sendBack({ type: "device.arrived", deviceIds });
          };
          leave = () => {
            sendBack({ type: "device.left" });
          };
        }),
      },
    });
    const parent = setup({ actors: { child } }).createMachine({
      invoke: { id: "child", src: "child", input: { muted } },
      on: {
        "mic.acquired": { actions: ({ event }) => [facts.push(event.type), devices.push(event.device)] },
        "*": { actions: ({ event }) => facts.push(event.type) },
      },
    });
    const root = createActor(parent).start();
    const microphone = root.getSnapshot().children.child as AnyActorRef;
    return {
      facts,
      devices,
      inputs,
      commands,
      get held() {
        return held;
      },
      state: () => placeOf(microphone.getSnapshot() as AnyMachineSnapshot),
      send: (event: AnyEventObject) => {
        microphone.send(event);
      },
      capture: (fact: MicrophoneFact) => {
        capture(fact);
      },
      arrive: (...deviceIds: string[]) => {
        arrive(deviceIds);
      },
      leave: () => {
        leave();
      },
    };
  }

  /** The chosen microphone was in use, and is lost: another is asked for in its place. */
  function afterLoss() {
    const microphone = start();
    microphone.send({ type: "mic.chosen", deviceId: "usb" });
    microphone.send({ type: "mic.requested" });
    microphone.capture({ type: "mic.acquired", device });
    microphone.capture({ type: "mic.lost", fault });
    return microphone;
  }
  const device = { deviceId: "usb", label: "USB", groupId: "" };
  const fault = { id: 1, code: "device-error", message: "scripted", retryable: false } as const;

  it("falls back to the default microphone when the chosen one is lost, and returns to it", () => {
    const microphone = afterLoss();
    expect(microphone.inputs.at(-1)).toMatchObject({ deviceId: "" });
    microphone.capture({ type: "mic.acquired", device: { ...device, deviceId: "built-in" } });
    microphone.arrive("built-in", "usb");
    expect(microphone.inputs.at(-1)).toMatchObject({ deviceId: "usb" });
    expect(microphone.held).toBe(1);
    expect(microphone.facts).toEqual(["mic.acquired", "mic.lost", "mic.acquired"]);
  });

  it("waits for a device when the only one is unplugged, and takes it when it is plugged in again", () => {
    const microphone = afterLoss();
    microphone.capture({ type: "mic.failed", fault });
    expect(microphone.state()).toBe("open.lost");
    expect(microphone.held).toBe(0);
    microphone.arrive("usb");
    expect(microphone.inputs.at(-1)).toMatchObject({ deviceId: "usb" });
    microphone.capture({ type: "mic.acquired", device });
    expect(microphone.state()).toBe("open.held.live");
  });

  it("microphone: a choice that is made where no device is left is tried at once, and waits again where it cannot be had", () => {
    const microphone = start();
    microphone.send({ type: "mic.requested" });
    microphone.capture({ type: "mic.acquired", device });
    microphone.capture({ type: "mic.lost", fault });
    microphone.capture({ type: "mic.failed", fault });
    expect(microphone.state()).toBe("open.lost");
    microphone.send({ type: "mic.chosen", deviceId: "headset" });
    expect(microphone.state()).toBe("open.held.acquiring.another");
    expect(microphone.inputs.at(-1)).toMatchObject({ deviceId: "headset" });
    microphone.capture({ type: "mic.failed", fault });
    expect(microphone.state()).toBe("open.lost");
    microphone.arrive("headset");
    microphone.capture({ type: "mic.acquired", device });
    expect(microphone.state()).toBe("open.held.live");
  });

  const another: Record<string, (microphone: ReturnType<typeof start>) => void> = {
    "is plugged in": (microphone) => microphone.arrive("built-in"),
    "is unplugged": (microphone) => microphone.leave(),
    "is chosen": (microphone) => microphone.send({ type: "mic.chosen", deviceId: "headset" }),
  };
  it.each(Object.entries(another))(
    "microphone: what cannot be had in place of a lost one is asked for once more where another %s meanwhile",
    (_, happen) => {
      const microphone = start();
      microphone.send({ type: "mic.requested" });
      microphone.capture({ type: "mic.acquired", device });
      microphone.capture({ type: "mic.lost", fault });
      happen(microphone);
      expect(microphone.inputs).toHaveLength(2);
      microphone.capture({ type: "mic.failed", fault });
      expect([microphone.inputs.length, microphone.state()]).toEqual([3, "open.held.acquiring.another"]);
      microphone.capture({ type: "mic.failed", fault });
      expect([microphone.inputs.length, microphone.state()]).toEqual([3, "open.lost"]);
      expect(microphone.facts).toEqual(["mic.acquired", "mic.lost", "mic.failed"]);
    },
  );

  it("microphone: a lost one whose permission was taken back is asked for only when the app asks", () => {
    const microphone = start();
    microphone.send({ type: "mic.requested" });
    microphone.capture({ type: "mic.acquired", device });
    microphone.capture({ type: "mic.lost", fault });
    microphone.arrive("headset");
    microphone.capture({ type: "mic.failed", fault: { ...fault, deviceError: "permissions" } });
    microphone.arrive("built-in");
    expect([microphone.inputs.length, microphone.state()]).toEqual([2, "failed"]);
    microphone.send({ type: "mic.requested" });
    expect(microphone.inputs).toHaveLength(3);
  });

  it("microphone: one that is lost again is not replaced a second time because the app chose meanwhile", () => {
    const microphone = start();
    microphone.send({ type: "mic.requested" });
    microphone.capture({ type: "mic.acquired", device });
    microphone.capture({ type: "mic.lost", fault });
    microphone.send({ type: "mic.chosen", deviceId: "" });
    microphone.capture({ type: "mic.acquired", device });
    microphone.capture({ type: "mic.lost", fault });
    expect([microphone.inputs.length, microphone.state()]).toEqual([2, "open.lost"]);
  });

  it("microphone: a chosen one that is back and cannot be had is waited for", () => {
    const microphone = afterLoss();
    microphone.capture({ type: "mic.failed", fault });
    microphone.arrive("usb");
    microphone.capture({ type: "mic.failed", fault });
    expect(microphone.state()).toBe("open.lost");
    microphone.arrive("usb", "built-in");
    expect(microphone.inputs).toHaveLength(4);
  });

  it("is not asked for again by itself after it was refused", () => {
    const microphone = start();
    microphone.send({ type: "session.began" });
    microphone.capture({ type: "mic.failed", fault });
    microphone.send({ type: "session.began" });
    expect(microphone.inputs).toHaveLength(1);
    microphone.send({ type: "mic.unmuted" });
    expect(microphone.inputs).toHaveLength(2);
  });

  it("is left alone by a session that begins muted, and taken when it is unmuted", () => {
    const microphone = start(true);
    microphone.send({ type: "session.began" });
    expect(microphone.held).toBe(0);
    microphone.send({ type: "mic.unmuted" });
    expect(microphone.inputs).toEqual([{ deviceId: "", muted: false, streaming: true }]);
  });

  it("leaves no wish for audio behind when it was muted for a whole session", () => {
    const microphone = start(true);
    microphone.send({ type: "session.began" });
    microphone.send({ type: "mic.released" });
    microphone.send({ type: "mic.unmuted" });
    expect(microphone.held).toBe(0);
  });

  it("leaves no wish for audio behind when it was held either", () => {
    const microphone = start();
    microphone.send({ type: "session.began" });
    microphone.send({ type: "mic.released" });
    microphone.send({ type: "mic.requested" });
    expect(microphone.inputs).toMatchObject([{ streaming: true }, { streaming: false }]);
  });

  it.each([false, true])("tells which device it has, and again to each who asks: muted %s", (muted) => {
    const microphone = start(muted);
    microphone.send({ type: "mic.requested" });
    microphone.capture({ type: "mic.acquired", device });
    microphone.send({ type: "mic.requested" });
    expect(microphone.facts).toEqual(["mic.acquired", "mic.acquired"]);
    expect(microphone.devices).toEqual([device, device]);
  });

  it("tells of every loss, that of the device that stands in as well, and then waits", () => {
    const microphone = start();
    microphone.send({ type: "mic.requested" });
    for (let round = 0; round < 2; round += 1) {
      microphone.capture({ type: "mic.acquired", device });
      microphone.capture({ type: "mic.lost", fault });
    }
    expect(microphone.facts).toEqual(["mic.acquired", "mic.lost", "mic.acquired", "mic.lost"]);
    expect([microphone.state(), microphone.held]).toEqual(["open.lost", 0]);
  });

  it("streams from the device that stands in, too", () => {
    const microphone = start();
    microphone.send({ type: "mic.requested" });
    microphone.capture({ type: "mic.acquired", device });
    microphone.send({ type: "session.began" });
    microphone.capture({ type: "mic.lost", fault });
    expect(microphone.inputs).toMatchObject([{ streaming: false }, { streaming: true }]);
  });

  it("takes any device when none is left, and the chosen one only when that is there", () => {
    const microphone = afterLoss();
    microphone.capture({ type: "mic.failed", fault });
    microphone.arrive("built-in");
    expect(microphone.inputs).toMatchObject([{ deviceId: "usb" }, { deviceId: "" }, { deviceId: "" }]);
  });

  it("tells its capture of each change of mind, while it asks and while it holds", () => {
    const microphone = start();
    microphone.send({ type: "mic.requested" });
    for (const when of ["asking", "holding"]) {
      microphone.commands.length = 0;
      microphone.send({ type: "mic.muted" });
      microphone.send({ type: "mic.unmuted" });
      expect(microphone.commands, when).toEqual(["capture.muted", "capture.unmuted"]);
      if (when === "asking") microphone.capture({ type: "mic.acquired", device });
    }
  });

  it.each(["off", "open.lost", "failed"])(
    "streams from the device that it gets after a session began in %s",
    (state) => {
      const microphone = start();
      if (state !== "off") microphone.send({ type: "mic.requested" });
      if (state === "open.lost") {
        microphone.capture({ type: "mic.acquired", device });
        microphone.capture({ type: "mic.lost", fault });
      }
      if (state !== "off") microphone.capture({ type: "mic.failed", fault });
      expect(microphone.state()).toBe(state);
      microphone.send({ type: "session.began" });
      microphone.send({ type: "mic.requested" });
      expect(microphone.inputs.at(-1)).toMatchObject({ streaming: true });
    },
  );

  it.each(["off", "open.held.live", "failed"])(
    "takes the device that was chosen in %s, at the latest the next time",
    (state) => {
      const microphone = start();
      if (state !== "off") microphone.send({ type: "mic.requested" });
      if (state === "open.held.live") microphone.capture({ type: "mic.acquired", device });
      if (state === "failed") microphone.capture({ type: "mic.failed", fault });
      expect(microphone.state()).toBe(state);
      microphone.send({ type: "mic.chosen", deviceId: "usb" });
      if (state === "open.held.live") microphone.send({ type: "mic.released" });
      microphone.send({ type: "mic.requested" });
      expect(microphone.inputs.at(-1)).toMatchObject({ deviceId: "usb" });
    },
  );

  it("goes back to the chosen device once only: after its return, the next loss falls back again", () => {
    const microphone = afterLoss();
    microphone.capture({ type: "mic.failed", fault });
    microphone.arrive("usb");
    microphone.capture({ type: "mic.acquired", device });
    microphone.capture({ type: "mic.lost", fault });
    expect(microphone.inputs.at(-1)).toMatchObject({ deviceId: "" });
    expect(microphone.facts.at(-1)).toBe("mic.lost");
  });

  it("streams from a device that was asked for before the session", () => {
    const microphone = start();
    microphone.send({ type: "mic.requested" });
    microphone.capture({ type: "mic.acquired", device });
    microphone.send({ type: "session.began" });
    expect(microphone.commands).toEqual(["capture.streamed"]);
  });

  it("lets go of the device when it is released, in the middle of the asking too", () => {
    const microphone = start();
    microphone.send({ type: "mic.requested" });
    microphone.send({ type: "mic.released" });
    expect(microphone.held).toBe(0);
    expect(microphone.state()).toBe("off");
  });
});
