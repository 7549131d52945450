import { describe, expect, it, vi } from "vitest";
import { defaultLogger } from "../../../src/log.js";
import { DeviceList, findDevice, listDevices, normaliseDeviceId } from "../../../src/media/devices.js";

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

  it("device choice: the group goes before the label, and the id before both", () => {
    const twin = (deviceId: string, groupId: string) => device(deviceId, "Headset", groupId);
    const [one, other] = [twin("a", "g1"), twin("b", "g2")];
    expect(findDevice([device("default", "Default - Headset", "g2"), one, other], "audioinput", "")).toBe(other);
    expect(findDevice([device("default", "Default - Headset", "g1"), one, other], "audioinput", "b")).toBe(other);
    const renamed = device("default", "Default - Laptop", "g1");
    expect(findDevice([renamed, headset, laptop], "audioinput", "")).toBe(headset);
  });

  it("device choice: two devices with one label and no group are not guessed between", () => {
    const alias = device("default", "Default - Headset");
    const twins = [device("a", "Headset"), device("b", "Headset")];
    expect(findDevice([alias, ...twins], "audioinput", "")).toBe(alias);
  });

  it.each([
    ["no groups", "", ""],
    ["one group", "g1", "g1"],
    ["a group each", "g1", "g2"],
  ])("device choice: Headset is not taken for USB Headset with %s, in either order", (_, group, usbGroup) => {
    const plain = device("p", "Headset", group);
    const usb = device("u", "USB Headset", usbGroup);
    for (const list of [
      [plain, usb],
      [usb, plain],
    ]) {
      const find = (label: string, groupId: string) =>
        findDevice([device("default", label, groupId), ...list], "audioinput", "");
      expect(find("Default - USB Headset", usbGroup)).toBe(usb);
      expect(find("Default - Headset", group)).toBe(plain);
    }
  });

  it.each<MediaDeviceKind>(["audioinput", "audiooutput"])("device choice: %s, and the alias of calls", (kind) => {
    const [one, other] = [device("a", "Headset", "g1", kind), device("b", "Headset", "g2", kind)];
    const calls = device("communications", "Communications - Headset", "g2", kind);
    const alias = device("default", "Default - Headset", "g1", kind);
    expect(findDevice([alias, calls, one, other], kind, "communications")).toBe(other);
    expect(findDevice([alias, calls, one, other], kind, "default")).toBe(one);
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

describe("DeviceList", () => {
  it("listens while somebody holds it, and no longer", () => {
    const { mediaDevices, listeners } = fakeMediaDevices([]);
    const watch = new DeviceList(() => mediaDevices, vi.fn(), defaultLogger);
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
    const release = new DeviceList(() => mediaDevices, onChange, defaultLogger).hold();
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
    const watch = new DeviceList(() => mediaDevices, vi.fn(), logger);
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
