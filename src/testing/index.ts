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
export { lifecycleModel } from "./lifecycle-model.js";
export type { ChartModel, LifecycleModel, ModelEdge, ModelPath, ModelRunOptions } from "./lifecycle-model.js";
export { ManualClock } from "./manual-clock.js";
export { manualClock } from "./manual-clock.js";
export { scriptedConnection } from "./scripted-connection.js";
export type { ScriptedConnection, ScriptedSocket, ServiceWords } from "./scripted-connection.js";
export { scriptedDevices } from "./scripted-devices.js";
export type { ScriptedDevices } from "./scripted-devices.js";
export { scriptedMedia } from "./scripted-media.js";
export { socketHarness } from "./socket-harness.js";
export type { SocketHarnessOptions, SocketParts } from "./socket-harness.js";
export { scriptedHarness } from "./scripted-harness.js";
export { ScriptedMediaManager, ScriptedMicrophone, ScriptedSpeaker } from "./scripted-media.js";
export type { MicrophoneScript } from "./scripted-media.js";
export { ScriptedTransport } from "./scripted-transport.js";
export { ScriptedProvider } from "./scripted-provider.js";
export type { ServiceScript, ServiceWatch } from "./scripted-provider.js";
