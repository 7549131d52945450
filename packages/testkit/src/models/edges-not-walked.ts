/** Nothing from outside brings it about. */
const CRASH = "a crash of the library's own code; test/graph crashes the actors of the charts";
const CLIENT =
  "takes calls that the client makes at moments which these cases do not have; test/graph/calls.test.ts walks it on the chart";
const UNASKED =
  "a connection ends as closed when it was released, and only `disconnecting` releases it; test/graph/transport.test.ts walks it on the chart";

/** Edges by which the walks of `test/properties/edges.test.ts` do not come, each with the reason. One that is walked must go from here. */
export const NOT_WALKED: Readonly<Record<string, string>> = {
  "transport.calls|call.barred|0": CLIENT,
  "transport.calls|devices.dropped|0": CLIENT,
  "transport.calls.devices.asked|devices.dropped|0": CLIENT,
  "transport.calls.query|connect.called|0": CLIENT,
  "transport.calls.query|start.called|0": CLIENT,
  "transport.lifecycle.session|xstate.error.actor.turns|0": CRASH,
  "transport.lifecycle.session|xstate.error.actor.turns|1": CRASH,
  "transport.lifecycle.session|xstate.error.actor.connection|0": CRASH,
  "transport.lifecycle.session|xstate.error.actor.connection|1": CRASH,
  "connection.active.network|xstate.error.actor.network|0": CRASH,
  "connection.active.phase.attempt|xstate.error.actor.attempt|0": CRASH,
  "connection.active.phase.asking|xstate.error.actor.retry|0": CRASH,
  "microphone.open.held|xstate.error.actor.capture|0": CRASH,
  "speaker.open|xstate.error.actor.playback|0": CRASH,
  "transport.lifecycle.session|xstate.done.actor.connection|1": UNASKED,
};
