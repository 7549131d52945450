import { anyOrder, stepsOf, type Acts } from "./steps.js";
import type { World } from "../worlds/world.js";

const SERVICE: Acts<World> = {
  "dials open": ({ transport }) => {
    transport.script.connect = "open";
  },
  "dials are refused": ({ transport }) => {
    transport.script.connect = "refuse";
  },
  "dials hang": ({ transport }) => {
    transport.script.connect = "hang";
  },
  "ready at once": ({ transport }) => {
    transport.script.ready = "at once";
  },
  "ready never": ({ transport }) => {
    transport.script.ready = "never";
  },
  "goodbyes are answered": ({ transport }) => {
    transport.script.close = "answer";
  },
  "goodbyes hang": ({ transport }) => {
    transport.script.close = "hang";
  },
  opened: ({ transport }) => {
    transport.opened();
  },
  refused: ({ transport }) => {
    transport.refused();
  },
  "says ready": ({ transport }) => {
    transport.said();
  },
  dropped: ({ transport }) => {
    transport.dropped(true);
  },
  "dropped for good": ({ transport }) => {
    transport.dropped(false);
  },
  "conversations are kept": ({ transport }) => {
    transport.script.continuity = "resumed";
  },
  "conversations are lost": ({ transport }) => {
    transport.script.continuity = "fresh";
  },
  "owes an answer": ({ transport }) => {
    transport.owes("reply");
  },
  "is at work": ({ transport }) => {
    transport.owes("progress");
  },
  "owes nothing": ({ transport }) => {
    transport.owes("nothing");
  },
  speaks: ({ transport }) => {
    transport.speaks();
  },
  "questions are answered": ({ transport }) => {
    transport.script.probe = "answer";
  },
  "questions are not answered": ({ transport }) => {
    transport.script.probe = "silent";
  },
  "cannot be asked": ({ transport }) => {
    transport.script.probe = "cannot";
  },
  "wire expires": ({ transport }) => {
    transport.expiring(3_000);
  },
  busy: ({ transport }) => {
    transport.busy(true);
  },
  quiet: ({ transport }) => {
    transport.busy(false);
  },
  "connectionError()": ({ transport }) => {
    transport.connectionError("scripted");
  },
  "state = error": ({ transport }) => {
    transport.state = "error";
  },
  "bot audio": ({ transport }) => {
    transport.bufferBotAudio(new ArrayBuffer(8), "item");
  },
};

/** What may happen to a session whose service is a script, in any order. */
export const steps = anyOrder<World>(stepsOf("service", SERVICE));
