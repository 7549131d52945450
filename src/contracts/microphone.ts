import type { DeviceError } from "@pipecat-ai/client-js";

/** A device as plain data: what may enter a chart's context or an event. */
export interface DeviceInfo {
  readonly deviceId: string;
  readonly label: string;
  readonly groupId: string;
}

/** How to open a microphone. */
export interface MicrophoneRequest {
  /** Preferred device; empty or "default" means the system's default. */
  readonly deviceId: string;
  /** Start with the track disabled. */
  readonly muted: boolean;
  /** Aborts when nobody wants the microphone any more: stop every track at once, also one that arrives late. */
  readonly signal: AbortSignal;
}

/** What an open microphone tells its owner after `open` has resolved. */
export interface MicrophoneReports {
  /** The device is gone (unplugged, revoked, starved); the port has released it. Once. */
  lost(error: DeviceError): void;
}

/**
 * Capture as the `microphone` chart drives it. Audio does not pass here: it flows straight to the uplink pipe.
 */
export interface MicrophonePort {
  /** The device that was chosen last and could be had, or was still asked for when the microphone closed, "" for the system's default. Where a port tells it, it returns to that one by itself when it is plugged in again. */
  readonly preferred?: string | undefined;
  /**
   * Acquires the microphone. Resolves when it is live.
   * @throws DeviceError with the permission or hardware class that `getUserMedia` reported.
   */
  open(request: MicrophoneRequest, reports: MicrophoneReports): Promise<DeviceInfo>;
  /** Starts or stops handing chunks to the uplink; the track stays live. */
  setStreaming(streaming: boolean): void;
  setMuted(muted: boolean): void;
  /** Something else carries the track: the microphone is then live without a worklet, too. */
  spareChunks?(): void;
  /** Releases the device. Idempotent; never throws. */
  close(): void;
}
