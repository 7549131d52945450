import type { TransportOptions } from "../options.js";
import { VoiceTransport } from "../transport/voice-transport.js";
import { ScriptedMediaManager } from "./scripted-media.js";
import { ScriptedProvider, type ServiceScript } from "./scripted-provider.js";

/** A transport whose service and media are scripts: for tests of the lifecycle, and of apps. */
export class ScriptedTransport extends VoiceTransport {
  readonly service: ScriptedProvider;
  readonly media: ScriptedMediaManager;

  constructor(
    options: TransportOptions = {},
    service: ScriptedProvider = new ScriptedProvider(),
    media: ScriptedMediaManager = new ScriptedMediaManager(),
  ) {
    super(service, media, options);
    this.service = service;
    this.media = media;
  }

  /** How the service behaves; change it at any time. */
  get script(): ServiceScript {
    return this.service.script;
  }
}
