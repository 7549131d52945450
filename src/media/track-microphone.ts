import type { MicrophonePort, MicrophoneReports, MicrophoneRequest, DeviceInfo } from "../contracts/microphone.js";

/**
 * A microphone whose track is sent as it is: it is opened, muted and lost like any other, but makes chunks only while it is
 * told to listen, because nothing carries the track.
 */
export class TrackMicrophone implements MicrophonePort {
  constructor(private readonly port: MicrophonePort) {
    port.spareChunks?.();
  }

  get preferred(): string | undefined {
    return this.port.preferred;
  }

  open(request: MicrophoneRequest, reports: MicrophoneReports): Promise<DeviceInfo> {
    return this.port.open(request, reports);
  }

  /** Not what the chart says counts, but `listen`. */
  setStreaming(): void {}

  setMuted(muted: boolean): void {
    this.port.setMuted(muted);
  }

  close(): void {
    this.port.close();
  }

  /** Begins or stops to hand chunks to the uplink. */
  listen(listens: boolean): void {
    this.port.setStreaming(listens);
  }
}
