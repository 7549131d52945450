import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OutputReport } from "../../../src/contracts/speaker.js";
import { DeviceList } from "../../../src/media/devices.js";
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
  paused = true;
  onpause: (() => void) | null = null;
  play = vi.fn(() => {
    this.paused = false;
    return Promise.resolve();
  });
  pause = vi.fn(() => {
    if (this.paused) return;
    this.paused = true;
    // Told in a task of its own.
    setTimeout(() => this.onpause?.(), 0);
  });
  constructor(readonly outputs: readonly string[]) {}
  /** Whether, and when, it takes a device. */
  takes(sinkId: string): Promise<void> {
    const isThere = sinkId === "" || this.outputs.includes(sinkId);
    return isThere ? Promise.resolve() : Promise.reject(new DOMException("no", "NotFoundError"));
  }
  setSinkId = vi.fn(async (sinkId: string): Promise<void> => {
    await this.takes(sinkId);
    this.sinkId = sinkId;
  });
}

function rig({ isAudible = true, canChoose = true } = {}) {
  const page = new AudioPage(speakers, phones);
  const logger = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const told: string[] = [];
  const deviceList = new DeviceList(
    () => page.mediaDevices,
    (devices) => sinks.devicesChanged(devices),
    logger,
  );
  const onDevice = ({ deviceId }: MediaDeviceInfo): void => void told.push(deviceId);
  const initial = { canChoose: true, setSink: () => Promise.resolve() };
  const sinks: SinkChoice = new SinkChoice({ deviceList, onDevice, logger }, initial);
  const elements: Element[] = [];
  const createElement = (): HTMLAudioElement => {
    const element = new Element(["s", "p"]);
    if (!canChoose) Reflect.deleteProperty(element, "setSinkId");
    elements.push(element);
    return element as unknown as HTMLAudioElement;
  };
  const levels: number[] = [];
  const meter = { isOver: false, read: vi.fn((): number | undefined => 0.3), end: vi.fn() };
  const makeMeter = vi.fn(() => meter as never);
  const speaker = new TrackSpeaker({
    createElement,
    isAudible,
    sinks,
    logger,
    onLevel: (level) => levels.push(level),
    meter: makeMeter,
  });
  const reports: OutputReport[] = [];
  const open = (): Promise<void> => speaker.open((report) => reports.push(report));
  return { page, sinks, speaker, elements, told, levels, meter, makeMeter, reports, open, logger };
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

  it.each(["the choice", "its refusal"])(
    "media: a choice counts once it works, if %s is answered first",
    async (first) => {
      const { open, sinks, elements, told } = rig();
      await open();
      await settle();
      const answers = { p: 10, gone: 10, [first === "the choice" ? "p" : "gone"]: 5 };
      const { setSinkId } = elements[0]!;
      elements[0]!.setSinkId = vi.fn(async (sinkId: "p" | "gone") => {
        await new Promise((resolve) => setTimeout(resolve, answers[sinkId]));
        await setSinkId(sinkId);
      }) as never;
      const chosen = sinks.choose("p");
      const refused = expect(sinks.choose("gone")).rejects.toThrow("no");
      await vi.advanceTimersByTimeAsync(20);
      await Promise.all([chosen, refused, sinks.refresh()]);
      expect([elements[0]?.sinkId, sinks.device?.deviceId, told.at(-1)]).toEqual(["p", "p", "p"]);
    },
  );

  it("media: a device that is back, and cannot be used, is not said to play", async () => {
    const { page, open, sinks, told, elements } = rig();
    await sinks.choose("p");
    await open();
    await settle();
    page.plug(speakers);
    await settle();
    elements[0]!.setSinkId.mockRejectedValueOnce(new DOMException("busy", "AbortError"));
    page.plug(speakers, phones);
    await settle();
    expect([told.at(-1), elements[0]?.sinkId, sinks.device?.deviceId]).toEqual(["s", "", "s"]);
  });

  it("media: a device that the next output refuses is not said to play", async () => {
    const { open, speaker, sinks, told, elements } = rig();
    await open();
    await sinks.choose("p");
    await sinks.refresh();
    speaker.close();
    const takes = vi.spyOn(Element.prototype, "takes").mockRejectedValue(new DOMException("busy", "AbortError"));
    await open();
    await settle();
    takes.mockRestore();
    expect([told.at(-1), elements.at(-1)?.sinkId, sinks.device?.deviceId]).toEqual(["s", "", "s"]);
  });

  it("media: an output that never says whether it takes the chosen device is open all the same", async () => {
    const { open, speaker, sinks, elements } = rig();
    await sinks.choose("p");
    const takes = vi.spyOn(Element.prototype, "takes").mockReturnValue(new Promise(() => undefined));
    const opening = open();
    speaker.setTrack(fakeTrack("bot"));
    await vi.advanceTimersByTimeAsync(2_000);
    await opening;
    takes.mockRestore();
    expect(elements[0]?.play).toHaveBeenCalled();
  });

  it("media: what the system pauses plays on, and is told to be interrupted meanwhile", async () => {
    const { open, speaker, elements, reports } = rig();
    await open();
    speaker.setTrack(fakeTrack("bot"));
    await settle();
    elements[0]!.pause();
    await settle();
    expect(elements[0]?.paused).toBe(false);
    expect(reports.map(({ type }) => type)).toEqual(["interrupted", "unblocked"]);
  });

  it("media: a system that pauses each time is left alone until a gesture", async () => {
    const { open, speaker, elements, reports } = rig();
    await open();
    const [element] = elements;
    speaker.setTrack(fakeTrack("bot"));
    await settle();
    for (let again = 0; again < 20; again += 1) {
      element!.pause();
      await settle();
    }
    expect(element?.play.mock.calls.length).toBeLessThan(6);
    expect(reports.at(-1)?.type).toBe("interrupted");
    await speaker.resume();
    expect(reports.at(-1)?.type).toBe("unblocked");
  });

  it("media: a pause of our own is no interruption", async () => {
    const { open, speaker, reports } = rig();
    await open();
    speaker.setTrack(fakeTrack("bot"));
    await settle();
    speaker.setTrack(undefined);
    speaker.setTrack(fakeTrack("another"));
    await settle();
    speaker.close();
    await open();
    speaker.setTrack(fakeTrack("bot"));
    await settle();
    expect(reports).toEqual([]);
  });

  it("levels: come from the connection where the track cannot be measured at all", async () => {
    const { open, speaker, levels, makeMeter } = rig();
    makeMeter.mockImplementation(() => {
      throw new Error("no Web Audio");
    });
    await open();
    speaker.setTrack(
      fakeTrack("bot"),
      vi.fn(() => Promise.resolve(0.9)),
    );
    speaker.setSpeaking(true);
    await vi.advanceTimersByTimeAsync(300);
    expect(levels).toEqual([0.9, 0.9, 0.9]);
    expect(makeMeter).toHaveBeenCalledTimes(1);
  });

  it("levels: a context that is closed gives way to another", async () => {
    const { open, speaker, meter, makeMeter } = rig();
    await open();
    speaker.setTrack(fakeTrack("bot"));
    speaker.setSpeaking(true);
    await vi.advanceTimersByTimeAsync(100);
    meter.isOver = true;
    await vi.advanceTimersByTimeAsync(100);
    expect([makeMeter.mock.calls.length, meter.end.mock.calls.length]).toEqual([2, 1]);
  });
});
