export { ManualClock } from "./manual-clock.js";
export { ScriptedMediaManager, ScriptedMicrophone, ScriptedSpeaker } from "./scripted-media.js";
export type { MicrophoneScript } from "./scripted-media.js";
export { ScriptedTransport } from "./scripted-transport.js";
export type { ServiceScript } from "./scripted-transport.js";
