import { describe, expect, it, vi } from "vitest";
import { defaultLogger } from "../../../src/log.js";
import { DeviceWatch, findDevice, listDevices, normaliseDeviceId } from "../../../src/media/devices.js";

function device(deviceId: string, label: string, groupId = "", kind: MediaDeviceKind = "audioinput"): MediaDeviceInfo {
  return { deviceId, label, groupId, kind, toJSON: () => ({}) };
}

const headset = device("h", "Headset", "g1");
const laptop = device("l", "Laptop", "g2");

describe("findDevice", () => {
  it("finds the real device behind the default, by label or by group", () => {
    expect(findDevice([device("default", "Default - Laptop"), headset, laptop], "audioinput", "default")).toBe(laptop);
    expect(findDevice([device("default", "Standard", "g1"), headset, laptop], "audioinput", "")).toBe(headset);
  });

  it("keeps the alias where the real device cannot be told", () => {
    const alias = device("default", "Default");
    expect(findDevice([alias, headset], "audioinput", "")).toBe(alias);
  });

  it("takes the first where the browser lists no default", () => {
    expect(findDevice([laptop, headset], "audioinput", "")).toBe(laptop);
  });

  it("looks at one kind only, and finds nothing where nothing is", () => {
    expect(findDevice([headset], "audiooutput", "h")).toBeUndefined();
    expect(findDevice([], "audioinput", "")).toBeUndefined();
    expect(findDevice([headset], "audioinput", "gone")).toBeUndefined();
  });
});

describe("normaliseDeviceId", () => {
  it("knows both names of the default", () => {
    expect(["", "default", "x"].map(normaliseDeviceId)).toEqual(["", "", "x"]);
  });
});

/** A page's mediaDevices, as far as the watch uses it. */
function fakeMediaDevices(devices: MediaDeviceInfo[]) {
  const listeners = new Set<() => void>();
  const mediaDevices = {
    enumerateDevices: vi.fn(async () => devices),
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  } as unknown as MediaDevices;
  return { mediaDevices, listeners };
}

describe("DeviceWatch", () => {
  it("listens while somebody holds it, and no longer", () => {
    const { mediaDevices, listeners } = fakeMediaDevices([]);
    const watch = new DeviceWatch(() => mediaDevices, vi.fn(), defaultLogger);
    const first = watch.hold();
    const second = watch.hold();
    expect(listeners.size).toBe(1);
    first();
    first();
    expect(listeners.size).toBe(1);
    second();
    expect(listeners.size).toBe(0);
  });

  it("hands the list on after a change, and nothing after its end", async () => {
    const { mediaDevices, listeners } = fakeMediaDevices([headset]);
    const onChange = vi.fn();
    const release = new DeviceWatch(() => mediaDevices, onChange, defaultLogger).hold();
    for (const listener of listeners) listener();
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledWith([headset]));
    const [listener] = listeners;
    listener?.();
    release();
    await Promise.resolve();
    await Promise.resolve();
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  it("only warns when the list cannot be had", async () => {
    const { mediaDevices } = fakeMediaDevices([]);
    vi.mocked(mediaDevices.enumerateDevices).mockRejectedValue(new Error("no"));
    const logger = { ...defaultLogger, warn: vi.fn() };
    const watch = new DeviceWatch(() => mediaDevices, vi.fn(), logger);
    watch.hold();
    watch.refresh();
    await vi.waitFor(() => expect(logger.warn).toHaveBeenCalled());
  });
});

describe("listDevices", () => {
  it("lists one kind, and nothing where the page cannot ask", async () => {
    const { mediaDevices } = fakeMediaDevices([headset, device("o", "Out", "", "audiooutput")]);
    expect(await listDevices(mediaDevices, "audioinput")).toEqual([headset]);
    expect(await listDevices(undefined)).toEqual([]);
  });
});
