import { ConnectionLostError } from "../../../../src/errors.js";
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
    transport.service.opened();
  },
  refused: ({ transport }) => {
    transport.service.refused();
  },
  "says ready": ({ transport }) => {
    transport.service.said();
  },
  dropped: ({ transport }) => {
    transport.service.dropped(true);
  },
  "dropped for good": ({ transport }) => {
    transport.service.dropped(false);
  },
  "conversations are kept": ({ transport }) => {
    transport.script.continuity = "resumed";
  },
  "conversations are lost": ({ transport }) => {
    transport.script.continuity = "fresh";
  },
  "owes an answer": ({ transport }) => {
    transport.service.current?.setExpects("reply");
  },
  "is at work": ({ transport }) => {
    transport.service.current?.setExpects("progress");
  },
  "owes nothing": ({ transport }) => {
    transport.service.current?.setExpects("nothing");
  },
  speaks: ({ transport }) => {
    transport.service.current?.speaks();
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
    transport.service.perform({ type: "change-connection", withinMs: 3_000 });
  },
  busy: ({ transport }) => {
    transport.service.current?.setBusy(true);
  },
  quiet: ({ transport }) => {
    transport.service.current?.setBusy(false);
  },
  "a fault": ({ transport }) => {
    transport.service.perform({ type: "fault", error: new ConnectionLostError("scripted") });
  },
  "state = error": ({ transport }) => {
    transport.state = "error";
  },
  "bot audio": ({ transport }) => {
    transport.service.perform({ type: "play", itemId: "item", pcm: new ArrayBuffer(8) });
  },
};

/** What may happen to a session whose service is a script, in any order. */
export const steps = anyOrder<World>(stepsOf("service", SERVICE));
