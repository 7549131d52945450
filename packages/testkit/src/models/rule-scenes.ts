import type { World } from "../worlds/world.js";
import {
  after,
  answered,
  asking,
  chosen,
  crashes,
  hangsUp,
  leaves,
  lost,
  never,
  offline,
  online,
  plugged,
  pulledOut,
  silenced,
  taken,
  unplugged,
  type EdgeScene,
} from "./edge-scenes.js";

const times = <T>(count: number, ...each: readonly T[]): readonly T[] =>
  Array.from({ length: count }, () => each).flat();

/** Time in steps: what is asked meanwhile is answered. */
const passing = (ms: number): EdgeScene["then"] => times(ms / 500, after(500));

const refuses = ({ transport }: World): void => void (transport.script.connect = "refuse");
const hangs = ({ transport }: World): void => void (transport.script.connect = "hang");
const isNeverReady = ({ transport }: World): void => void (transport.script.ready = "never");
const isReady = ({ transport }: World): void => transport.service.said();
/** The service ends the connection; it is to be changed from `afterMs` on. */
const ends =
  (withinMs: number, afterMs = 0) =>
  ({ transport }: World): void =>
    transport.service.perform({ type: "change-connection", afterMs, withinMs });
const busy = ({ transport }: World): void => transport.service.current?.setBusy(true);
const plays = ({ transport }: World): void =>
  transport.service.perform({ type: "play", itemId: "item", pcm: new ArrayBuffer(8) });
const hidden = ({ network }: World): void => network.show(false);
const shown = ({ network }: World): void => network.show(true);
const says = (world: World): void => world.say();
const sends = (world: World): void => world.send();
const muted = ({ transport }: World): void => transport.enableMic(false);
const unmuted = ({ transport }: World): void => transport.enableMic(true);
const devices = (world: World): void => world.initDevices();
const refused = ({ media }: World): void => void (media.microphone.script = "permissions");
const denied = ({ media }: World): void => media.microphone.answer("permissions");
const gone = ({ media }: World): void => void (media.microphone.script = "not-found");
const granted = ({ media }: World): void => media.microphone.answer();
const again = (world: World): void => world.connect();
/** The app connects again as soon as it hears of the end. */
const returning = ({ reactions }: World): void => void reactions.set("disconnected", (world) => world.connect());
/** It is plugged in, and cannot be used. */
const absent =
  (deviceId: string) =>
  (world: World): void => {
    plugged(deviceId)(world);
    world.media.microphone.script = "not-found";
  };
const clicked = ({ transport }: World): void => transport.resumeAudio();
const slowly = { options: { reconnect: { base: 1_000, minUptime: 2_000 } } };
const throwing = {
  options: {
    reconnect: {
      policy: {
        nextDelay: () => {
          throw new Error("scripted");
        },
      },
    },
  },
};

/** What the rules need to see to tell a broken chart from a sound one: losses in a row, long waits, ends in all phases. */
export const RULE_SCENES: readonly EdgeScene[] = [
  // What a session leaves behind shows in any that follows: first, because all the others can tell a little of it.
  { before: muted, then: [leaves, unmuted] },
  { then: [silenced, leaves, ...passing(22_000), again, silenced] },
  // Reconnects that fail, in each way in which they may, until the session is given up.
  { then: [refuses, lost, ...times(8, after(600))] },
  { then: [hangs, lost, ...times(12, after(1_100))] },
  { then: [isNeverReady, lost, ...times(14, after(1_600))] },
  { then: [...times(6, ...passing(2_500), lost, after(700))] },
  { then: [({ transport }) => transport.service.dropped(false)] },
  { before: refuses, then: [after(1_000), after(1_000)] },
  { ...throwing, then: [lost] },
  // Without a network, and back.
  { then: [lost, offline, ...passing(3_000), ...passing(60_000), online, after(400), ...passing(3_000)] },
  { then: [refuses, lost, offline, after(700), online, after(300), after(600), after(600), after(600), after(600)] },
  { before: hangs, then: [offline, online, after(300), after(300)] },
  { then: [offline, lost, after(700), online, after(300), after(300)] },
  { then: [hangs, lost, after(300), offline, online, after(100), after(300)] },
  { ...slowly, then: [lost, hidden, shown, after(260), ...passing(3_000)] },
  { then: [refuses, lost, after(100), hidden, shown, after(100), after(200)] },
  // A connection that proves itself, or does not; and is changed.
  { ...never, then: [...passing(2_500), isReady, after(500), ...passing(2_500)] },
  { ...never, then: [...passing(2_500), plays, ends(10_000)] },
  { then: [...passing(2_500), busy, ends(4_000), ...passing(3_500)] },
  { then: [...passing(2_500), ends(4_000, 1_000), ...passing(1_500)] },
  { then: [ends(4_000, 1_000), ...passing(2_500)] },
  { then: [ends(4_000, 1_000), after(500), ends(4_000, 1_000), ...passing(2_500)] },
  { then: [busy, ends(4_000), after(500), ends(4_000, 1_000), ...passing(4_000)] },
  { then: [...passing(2_500), busy, ends(4_000), after(500), ends(2_000, 1_000), ...passing(3_000)] },
  { then: [busy, ends(1_500), after(1_000), ends(4_000), ...passing(2_500)] },
  { then: [...passing(2_500), busy, ends(4_000, 1_000), ({ clock }) => clock.sleep(60_000), ...passing(4_000)] },
  { then: [ends(4_000, 1_000), after(100), ends(4_000), after(100), ends(3_000), ...passing(2_500)] },
  // Ends in each phase.
  { then: [leaves] },
  { then: [hangs, lost, after(300), leaves] },
  { then: [refuses, lost, after(10), leaves] },
  { ...slowly, then: [lost, leaves] },
  { before: hangs, then: [leaves] },
  { ...hangsUp, then: [leaves, after(600)] },
  // The next session waits until the app has heard of the end of the last.
  { then: [returning, leaves] },
  { then: [leaves, devices, returning, leaves] },
  { ...hangsUp, then: [returning, leaves, after(600)] },
  { ...hangsUp, then: [returning, leaves, crashes("turns")] },
  { ...hangsUp, then: [returning, leaves, crashes("connection")] },
  // Devices that are asked for while a session ends.
  { ...hangsUp, then: [leaves, refused, devices, after(600), again] },
  // What is played, said and sent around a loss.
  { ...never, then: [plays, lost, after(300)] },
  { then: [lost, says, after(300), after(300)] },
  { then: [lost, after(300), sends] },
  { then: [says, lost, after(300), says, sends] },
  // Microphones that come and go.
  { then: [chosen, taken, plugged("c"), plugged("b"), ...passing(10_000), taken, ...passing(12_000), taken] },
  { then: [chosen, unplugged, plugged("b"), ...passing(10_000), taken, ...passing(12_000), taken] },
  { then: [taken, after(1_000), taken, after(1_000), plugged("c"), ...passing(17_000), taken] },
  { then: [taken, taken, chosen, plugged("c"), taken] },
  { then: [chosen, taken, absent("b"), after(300)] },
  { then: [taken, taken, devices, taken] },
  { then: [taken, taken, plugged("c"), ...passing(24_000), taken] },
  { then: [asking, taken, chosen, answered, answered, plugged("c")] },
  { then: [asking, taken, pulledOut, answered, answered, plugged("c")] },
  { then: [asking, taken, plugged("c"), answered, answered, plugged("d")] },
  { then: [chosen, asking, taken, chosen, granted, taken] },
  { then: [asking, taken, plugged("c"), denied, plugged("d")] },
  { then: [asking, taken, denied, plugged("d")] },
  { then: [asking, taken, ...passing(22_000), answered, plugged("c"), taken] },
  { then: [taken, chosen, taken, taken] },
  { then: [taken, taken, gone, chosen] },
  { then: [taken, taken, gone, unmuted] },
  { then: [chosen, unplugged, absent("b")] },
  {
    before: ({ media }) => void Object.assign(media.microphone, { preferred: "b" }),
    then: [chosen, taken, plugged("b"), ...passing(10_000), taken, ...passing(12_000), taken],
  },
  { then: [taken, leaves, after(100), muted, unmuted] },
  { then: [muted, leaves, muted, unmuted] },
  { before: refused, then: [muted, unmuted, leaves, devices] },
  { then: [taken, taken, unmuted, taken] },
  { then: [taken, crashes("capture"), unmuted, taken] },
  { then: [leaves, devices, taken, crashes("capture")] },
  // Outputs.
  { then: [({ media }) => media.speaker.report({ type: "blocked" }), clicked] },
  { then: [silenced, after(1_000), silenced, clicked, ...passing(6_000), silenced, ...passing(14_000), silenced] },
  { then: [silenced, leaves, after(100), again, silenced] },
  { then: [silenced, silenced, taken, after(300)] },
  { then: [silenced, silenced, clicked, silenced, ...passing(24_000), silenced] },
  { then: [silenced, ...passing(10_000), silenced, clicked, ...passing(12_000), silenced, silenced] },
  { then: [silenced, leaves, after(100)] },
];
