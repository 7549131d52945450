export { transportConformance } from "./conformance.js";
export type { ConformanceOptions } from "./conformance/bench.js";
export type {
  ConformanceHarness,
  ConformanceRunner,
  Deadlines,
  HarnessFactory,
  MicrophoneControl,
  ServiceControl,
} from "./conformance/harness.js";
export { ManualClock } from "./manual-clock.js";
export { scriptedHarness } from "./scripted-harness.js";
export { ScriptedMediaManager, ScriptedMicrophone, ScriptedSpeaker } from "./scripted-media.js";
export type { MicrophoneScript } from "./scripted-media.js";
export { ScriptedTransport } from "./scripted-transport.js";
export { ScriptedProvider } from "./scripted-provider.js";
export type { ServiceScript, ServiceWatch } from "./scripted-provider.js";
