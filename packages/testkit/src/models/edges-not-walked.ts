/** Nothing from outside brings it about. */
const CRASH = "a crash of the library's own code; test/graph crashes the actors of the charts";
const CLIENT =
  "takes client-js's own order of calls within a turn, which these walks do not keep; test/graph/calls.test.ts walks it";
const MOMENT = "takes an option or a moment that these walks do not have; test/graph walks it on the chart";
const DEVICES = "takes a list of devices, which these walks do not have; test/graph/microphone.test.ts walks it";

/** Edges by which the walks of `test/properties/edges.test.ts` do not come, each with the reason. One that is walked must go from here. */
export const NOT_WALKED: Readonly<Record<string, string>> = {
  "transport.calls|start.failed|0": CLIENT,
  "transport.calls|connect.called|0": CLIENT,
  "transport.calls|call.barred|0": CLIENT,
  "transport.calls|mic.failed|0": CLIENT,
  "transport.calls|devices.dropped|0": CLIENT,
  "transport.calls.devices.asked|devices.dropped|0": CLIENT,
  "transport.calls.query|connect.called|0": CLIENT,
  "transport.calls.query|start.called|0": CLIENT,
  "transport.calls.starting|start.failed|0": CLIENT,
  "transport.calls.started|devices.called|0": CLIENT,
  "transport.calls.started|connect.called|0": CLIENT,
  "transport.lifecycle.idle.waiting|devices.requested|0": CLIENT,
  "transport.lifecycle.session|xstate.error.actor.turns|0": CRASH,
  "transport.lifecycle.session|xstate.error.actor.turns|1": CRASH,
  "transport.lifecycle.session|xstate.error.actor.connection|0": CRASH,
  "transport.lifecycle.session|xstate.error.actor.connection|1": CRASH,
  "connection.active.network|xstate.error.actor.network|0": CRASH,
  "connection.active.phase.attempt|xstate.error.actor.attempt|0": CRASH,
  "connection.active.phase.asking|xstate.error.actor.retry|0": CRASH,
  "microphone.open.held|xstate.error.actor.capture|0": CRASH,
  "speaker.open|xstate.error.actor.playback|0": CRASH,
  "connection.active.phase.attempt.connecting|network.returned|0": MOMENT,
  "connection.active.phase.attempt.open|session.overdue|0": MOMENT,
  "connection.active.phase.asking|connection.released|0": MOMENT,
  "connection.active.phase.waiting.counting|page.woke|0": MOMENT,
  "transport.lifecycle.session.live.connected|xstate.after.readyTimeout.transport.lifecycle.session.live.connected|0":
    MOMENT,
  "transport.lifecycle.session|xstate.done.actor.connection|1": MOMENT,
  "transport.lifecycle.session.live|bot.failed|0": MOMENT,
  "microphone.open.held|device.arrived|0": DEVICES,
  "microphone.open.lost|device.arrived|0": DEVICES,
};
