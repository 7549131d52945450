import type { DeviceError, PipecatClientOptions, RTVIEventCallbacks } from "@pipecat-ai/client-js";

type Kind = "mic" | "cam";
type Knowledge = "unknown" | "asked" | "known";

/**
 * What the client knows of its devices, which decides whether its `connect()` and `startBot()` ask for them first: the same
 * as its `needsInit()`. An `initDevices()` that they would not make is the app's own.
 */
export class ClientDevices {
  readonly #knows: Record<Kind, Knowledge> = { mic: "unknown", cam: "unknown" };
  readonly #wanted: readonly Kind[];

  constructor({ enableMic, enableCam }: Pick<PipecatClientOptions, "enableMic" | "enableCam">) {
    this.#wanted = [...(enableMic === false ? [] : ["mic" as const]), ...(enableCam === false ? [] : ["cam" as const])];
  }

  /** Whether the client asks for devices before it goes on. */
  get areNeeded(): boolean {
    return this.#wanted.some((kind) => this.#knows[kind] === "unknown");
  }

  /**
   * The client has called `initDevices()`. Of a device that is not named before the answer it knows nothing then, or, if it
   * rejects, that there is none.
   */
  asked(ask: () => Promise<void>): Promise<void> {
    this.#knows.mic = this.#knows.cam = "asked";
    const answer = ask();
    const answered = (knowledge: Knowledge): void => {
      for (const kind of ["mic", "cam"] as const) {
        if (this.#knows[kind] === "asked") this.#knows[kind] = knowledge;
      }
    };
    // The client does the same directly after this: it has not had the promise yet.
    answer.then(
      () => {
        answered("unknown");
      },
      () => {
        answered("known");
      },
    );
    return answer;
  }

  /** The callbacks, by which the client learns of a device as well as of one that it cannot have. */
  watching(callbacks: RTVIEventCallbacks): RTVIEventCallbacks {
    return new Proxy(callbacks, {
      get: (target, name): unknown => {
        switch (name) {
          case "onMicUpdated":
            return (mic: MediaDeviceInfo) => {
              this.#named("mic", mic);
              target.onMicUpdated?.(mic);
            };
          case "onCamUpdated":
            return (cam: MediaDeviceInfo) => {
              this.#named("cam", cam);
              target.onCamUpdated?.(cam);
            };
          case "onDeviceError":
            return (error: DeviceError) => {
              for (const kind of ["mic", "cam"] as const) if (error.devices.includes(kind)) this.#knows[kind] = "known";
              target.onDeviceError?.(error);
            };
          default:
            return Reflect.get(target, name);
        }
      },
    });
  }

  #named(kind: Kind, { deviceId }: MediaDeviceInfo): void {
    if (deviceId !== "") this.#knows[kind] = "known";
  }
}
