import { DeviceError, type RTVIEventCallbacks } from "@pipecat-ai/client-js";
import { describe, expect, it } from "vitest";
import { ClientDevices } from "../../../src/transport/client-devices.js";

const device = (deviceId: string) => ({ deviceId }) as MediaDeviceInfo;

/** A client that wants a microphone, and perhaps a camera; its callbacks are watched. */
function client(callbacks: RTVIEventCallbacks = {}, enableCam = false) {
  const devices = new ClientDevices({ enableCam });
  return { devices, watched: devices.watching(callbacks) };
}

describe("what a client knows of its devices", () => {
  it("is nothing at first, so that it asks for those that it wants", () => {
    expect(client().devices.areNeeded).toBe(true);
    expect(new ClientDevices({ enableMic: false, enableCam: false }).areNeeded).toBe(false);
  });

  it("is a device that was named, and not one without an id", () => {
    const { devices, watched } = client();
    watched.onMicUpdated?.(device(""));
    expect(devices.areNeeded).toBe(true);
    watched.onMicUpdated?.(device("usb"));
    expect(devices.areNeeded).toBe(false);
  });

  it("is of the device alone that an error names", () => {
    const { devices, watched } = client({}, true);
    watched.onDeviceError?.(new DeviceError(["mic"], "not-found", "There is none."));
    expect(devices.areNeeded, "the camera").toBe(true);
    watched.onDeviceError?.(new DeviceError(["cam"], "not-found", "There is none."));
    expect(devices.areNeeded).toBe(false);
  });

  it("is nothing still of one that was not named before the answer, and what was named remains known", async () => {
    const { devices, watched } = client({}, true);
    const asked = devices.asked(async () => watched.onMicUpdated?.(device("usb")));
    expect(devices.areNeeded, "while it asks").toBe(false);
    await asked;
    expect(devices.areNeeded, "the camera").toBe(true);
    watched.onCamUpdated?.(device("front"));
    expect(devices.areNeeded).toBe(false);
  });

  it("is that there are none when it was refused", async () => {
    const { devices } = client();
    await expect(devices.asked(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(devices.areNeeded).toBe(false);
  });

  it("is learnt from callbacks that the app gets all the same", () => {
    const heard: string[] = [];
    const { watched } = client({
      onMicUpdated: ({ deviceId }) => heard.push(`mic ${deviceId}`),
      onCamUpdated: ({ deviceId }) => heard.push(`cam ${deviceId}`),
      onDeviceError: ({ type }) => heard.push(type),
      onConnected: () => heard.push("connected"),
    });
    watched.onMicUpdated?.(device("usb"));
    watched.onCamUpdated?.(device("front"));
    watched.onDeviceError?.(new DeviceError(["cam"], "in-use", "It is taken."));
    watched.onConnected?.();
    expect(heard).toEqual(["mic usb", "cam front", "in-use", "connected"]);
  });
});
