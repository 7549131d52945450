import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OutputReport } from "../../../src/contracts/speaker.js";
import { DeviceWatch } from "../../../src/media/devices.js";
import { SinkChoice } from "../../../src/media/sink-choice.js";
import { TrackSpeaker } from "../../../src/media/track-speaker.js";
import { AudioPage, device } from "../../../packages/testkit/src/worlds/audio-page.js";
import { fakeTrack } from "../../../packages/testkit/src/scripted/fake-peer-connection.js";

const output = (text: string): MediaDeviceInfo => device(text, "audiooutput");
const speakers = output("s Speakers");
const phones = output("p Phones");

class Element {
  muted = false;
  srcObject: unknown = null;
  sinkId = "";
  play = vi.fn(() => Promise.resolve());
  pause = vi.fn();
  constructor(readonly outputs: readonly string[]) {}
  setSinkId = vi.fn((sinkId: string): Promise<void> => {
    if (sinkId !== "" && !this.outputs.includes(sinkId)) return Promise.reject(new DOMException("no", "NotFoundError"));
    this.sinkId = sinkId;
    return Promise.resolve();
  });
}

function rig({ isAudible = true, canChoose = true } = {}) {
  const page = new AudioPage(speakers, phones);
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const told: string[] = [];
  const watch = new DeviceWatch(
    () => page.mediaDevices,
    (devices) => sinks.devicesChanged(devices),
    logger,
  );
  const onDevice = ({ deviceId }: MediaDeviceInfo): void => void told.push(deviceId);
  const initial = { canChoose: true, setSink: () => Promise.resolve() };
  const sinks: SinkChoice = new SinkChoice({ watch, onDevice, logger }, initial);
  const elements: Element[] = [];
  const createElement = (): HTMLAudioElement => {
    const element = new Element(["s", "p"]);
    if (!canChoose) Reflect.deleteProperty(element, "setSinkId");
    elements.push(element);
    return element as unknown as HTMLAudioElement;
  };
  const levels: number[] = [];
  const meter = { read: vi.fn((): number | undefined => 0.3), end: vi.fn() };
  const speaker = new TrackSpeaker({
    createElement,
    isAudible,
    sinks,
    logger,
    onLevel: (level) => levels.push(level),
    meter: () => meter as never,
  });
  const reports: OutputReport[] = [];
  const open = (): Promise<void> => speaker.open((report) => reports.push(report));
  return { page, sinks, speaker, elements, told, levels, meter, reports, open, logger };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe("TrackSpeaker", () => {
  it.each([true, false])("bot track: its element is mute unless it is to be heard here (%s)", async (isAudible) => {
    const { open, elements, speaker } = rig({ isAudible });
    await open();
    speaker.setTrack(fakeTrack("bot"));
    expect(elements.map(({ muted }) => muted)).toEqual([!isAudible]);
    expect(elements[0]?.play).toHaveBeenCalled();
  });

  it("media: on connecting, and on choosing the default, it tells which device plays", async () => {
    const { open, sinks, told } = rig();
    await open();
    await settle();
    expect([told, sinks.device?.deviceId]).toEqual([["s"], "s"]);
    await sinks.choose("default");
    await sinks.refresh();
    expect([told, sinks.device?.deviceId]).toEqual([["s", "s"], "s"]);
  });

  it("media: a chosen device that is unplugged gives way to the default, until it is back", async () => {
    const { page, open, sinks, told, elements } = rig();
    await sinks.choose("p");
    await open();
    await settle();
    expect([told.at(-1), elements[0]?.sinkId]).toEqual(["p", "p"]);
    page.plug(speakers);
    await settle();
    expect([told.at(-1), elements[0]?.sinkId, sinks.device?.deviceId]).toEqual(["s", "", "s"]);
    page.plug(speakers, phones);
    await settle();
    expect([told.at(-1), elements[0]?.sinkId]).toEqual(["p", "p"]);
  });

  it("media: a choice that is refused changes nothing, now or the next time", async () => {
    const { open, sinks, speaker, elements, logger } = rig({ isAudible: false });
    await open();
    await sinks.choose("p");
    await expect(sinks.choose("gone")).rejects.toThrow("no");
    speaker.close();
    await open();
    expect(elements.map(({ sinkId }) => sinkId)).toEqual(["p", "p"]);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it("levels: are measured, and told by the connection where they cannot be", async () => {
    const { open, speaker, levels, meter } = rig();
    await open();
    const told = vi.fn(() => Promise.resolve(0.9));
    speaker.setTrack(fakeTrack("bot"), told);
    speaker.setSpeaking(true);
    await vi.advanceTimersByTimeAsync(100);
    meter.read.mockReturnValue(undefined);
    await vi.advanceTimersByTimeAsync(100);
    expect(levels).toEqual([0.3, 0.9]);
    speaker.close();
    expect(meter.end).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told).toHaveBeenCalledTimes(2);
  });

  it("media: is blocked by the policy alone, and tells when it is heard", async () => {
    const { open, speaker, elements, reports } = rig();
    await open();
    elements[0]!.play.mockRejectedValueOnce(new DOMException("policy", "NotAllowedError"));
    speaker.setTrack(fakeTrack("bot"));
    await settle();
    await speaker.resume();
    expect(reports.map(({ type }) => type)).toEqual(["blocked", "unblocked"]);
  });
});
