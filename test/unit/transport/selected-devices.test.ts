import type { RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import type { TransportActor } from "../../../src/compose.js";
import type { MediaManager } from "../../../src/media/media-manager.js";
import type { TransportMedia } from "../../../src/media/transport-media.js";
import { SelectedDevices } from "../../../src/transport/selected-devices.js";

const device = (deviceId: string) => ({ deviceId }) as MediaDeviceInfo;

/** An app's devices, and what is done for them. */
function choosing({ held = false, mic = {}, speaker = {}, sinks = undefined as object | undefined } = {}) {
  const done: string[] = [];
  const answers: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const snapshot = { matches: () => held, context: { device: held ? {} : null } };
  const actor = { getSnapshot: () => ({ children: { microphone: { getSnapshot: () => snapshot } } }) };
  const manager = {
    selectedMic: mic,
    selectedSpeaker: speaker,
    updateMic: (id: string) => {
      done.push(`manager: ${id}`);
      return new Promise<void>((resolve, reject) => answers.push({ resolve, reject }));
    },
    updateSpeaker: (id: string) => Promise.resolve(void done.push(`manager: ${id}`)),
    getAllSpeakers: () => Promise.resolve([]),
  };
  const callbacks: RTVIEventCallbacks = {
    onMicUpdated: ({ deviceId }) => done.push(`onMicUpdated: ${deviceId}`),
    onSpeakerUpdated: ({ deviceId }) => done.push(`onSpeakerUpdated: ${deviceId}`),
  };
  const devices = new SelectedDevices({
    manager: manager as unknown as MediaManager,
    media: { sinks } as TransportMedia,
    actor: () => actor as unknown as TransportActor,
    order: ({ deviceId }) => done.push(`chosen: ${deviceId}`),
    call: (run) => run(callbacks),
  });
  return { devices, done, answers };
}

describe("choosing a microphone", () => {
  it("counts at once while none is held, whatever becomes of it", async () => {
    const { devices, done, answers } = choosing();
    const choosingIt = devices.updateMic("usb");
    expect(done).toEqual(["chosen: usb", "manager: usb"]);
    answers[0]?.reject(new Error("gone"));
    await expect(choosingIt).rejects.toThrow("gone");
  });

  it("counts while one is held when it could be had, and not otherwise", async () => {
    const { devices, done, answers } = choosing({ held: true });
    const refused = devices.updateMic("broken");
    answers[0]?.reject(new Error("in use"));
    await expect(refused).rejects.toThrow("in use");
    expect(done).toEqual(["manager: broken"]);
    const had = devices.updateMic("usb");
    expect(done.at(-1)).toBe("manager: usb");
    answers[1]?.resolve();
    await had;
    expect(done.at(-1)).toBe("chosen: usb");
  });

  it("counts once, from when the manager reports it; a report of another one is no choice", async () => {
    const { devices, done, answers } = choosing({ held: true });
    const had = devices.updateMic("usb");
    devices.microphoneReported(device("built in"));
    expect(done).toEqual(["manager: usb"]);
    devices.microphoneReported(device("usb"));
    expect(done).toEqual(["manager: usb", "chosen: usb"]);
    answers[0]?.resolve();
    await had;
    expect(done).toHaveLength(2);
  });
});

describe("choosing a speaker", () => {
  it("is the manager's affair where it knows how, and else that of the page's outputs", async () => {
    const byManager = choosing();
    await byManager.devices.updateSpeaker("tv");
    expect(byManager.done).toEqual(["manager: tv"]);

    const chosen: string[] = [];
    const sinks = { choose: (id: string) => Promise.resolve(void chosen.push(id)), devicesChanged: () => undefined };
    const byPage = choosing({ sinks });
    await byPage.devices.updateSpeaker("tv");
    expect([chosen, byPage.done]).toEqual([["tv"], []]);
  });
});

describe("reporting devices", () => {
  it("names those that there are, and nothing where there are none", () => {
    const without = choosing();
    without.devices.reportMicrophone();
    without.devices.reportSpeaker();
    expect(without.done).toEqual([]);
    const { devices, done } = choosing({ mic: device("usb"), speaker: device("tv") });
    devices.reportMicrophone();
    devices.reportSpeaker();
    expect(done).toEqual(["onMicUpdated: usb", "onSpeakerUpdated: tv"]);
  });
});
