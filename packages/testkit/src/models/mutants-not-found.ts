/** Nothing from outside brings the edge about. */
const CRASH = "a crash of the library's own code; test/graph crashes the actors of the charts";
/** Observable, and not looked for: an invitation to more cases. */
const CLIENT =
  "takes more of the client's own orders of calls than are tried here; test/graph/calls.test.ts walks it on the chart";
const HEARD =
  "lets a connect() that waits begin before the app has heard of the last session's end; the news come in their order all the same, and no rule says which is first";
const ENDS_LIKE_IT = `${CRASH}; and the root makes the same error of both ends: they differ for a reader of the chart`;

/** Mutants of the charts that no session of `test/properties/mutants.test.ts` tells from the chart, each with the reason. One that is found must go
 * from here. The golden lists of `test/graph` show every one of them as a changed chart. */
export const NOT_FOUND: Readonly<Record<string, string>> = {
  "connection.active.network|xstate.error.actor.network|0 to exhausted in place of refused": ENDS_LIKE_IT,
  "connection.active.opened.never||0 to earlier in place of latest":
    "equivalent: `earlier` goes on to `latest` in the same step, by the same guard",
  "connection.active.phase.asking without the end of retry":
    "equivalent: the actor answers once, as it begins, and that answer is what ends the state",
  "connection.active.phase.asking|xstate.error.actor.retry|0 to exhausted in place of refused": ENDS_LIKE_IT,
  "connection.active.phase.attempt|xstate.error.actor.attempt|0 to exhausted in place of refused": ENDS_LIKE_IT,
  "connection.active.phase.waiting.counting|xstate.after.wait.connection.active.phase.waiting.counting|0 to changing in place of attempt":
    "equivalent but for an event: `changing` goes on to `attempt` in the same step, and the root ignores what it reports where there is no connection",
  "microphone.failed entry without dropProof": `${CRASH}: every other way here has dropped it, or began none`,
  "microphone.failed entry without forgetLoss": `${CRASH}: by every other way here there was no loss, or it is forgotten`,
  "microphone.open.held|xstate.error.actor.capture|0 to off in place of failed": CRASH,
  "speaker.open|xstate.error.actor.playback|0 to off in place of failed": CRASH,
  "transport.afterwards.devices|hold.checked|0 to devices in place of nothing": CLIENT,
  "transport.afterwards.nothing|devices.requested|0 to nothing in place of devices": CLIENT,
  "transport.calls.devices.asked|devices.dropped|0 to starting in place of query": CLIENT,
  "transport.calls.held exit without setAside": CLIENT,
  "transport.calls.query.due|query.lapsed|0 to due in place of overdue": CLIENT,
  "transport.calls.query.overdue exit without setAside": CLIENT,
  "transport.calls.started|devices.called|0 to query in place of devices": CLIENT,
  "transport.calls.started|start.lapsed|0 to devices in place of none": CLIENT,
  "transport.calls.starting|start.failed|0 to devices in place of none": CLIENT,
  "transport.calls|start.answered|0 without forgetCaller": CLIENT,
  "transport.calls|start.called|0 without forgetCaller": CLIENT,
  "transport.lifecycle.idle.disconnected entry without dropDevices":
    "equivalent: `session.released` answers whoever waits for devices, and whoever asks while a session ends is asked once it is over",
  "transport.lifecycle.idle.disconnected entry without releaseSpeaker":
    "equivalent: `disconnecting` and `error` have released it, and no other way leads here from a session",
  "transport.lifecycle.idle.error entry without dropDevices":
    "equivalent: a session begins only when no attempt waits for devices, and none begins to while it lasts",
  "transport.lifecycle.idle|session.released|0 to announced in place of unannounced": HEARD,
  "transport.lifecycle.session without the end of turns":
    "equivalent: on every way out of `live` the turns are told that the session has ended, which ends them",
  "transport.lifecycle.session.disconnecting|xstate.after.disconnectTimeout.transport.lifecycle.session.disconnecting|0 to announced in place of unannounced":
    HEARD,
  "transport.lifecycle.session|xstate.done.actor.connection|0 to announced in place of unannounced": HEARD,
  "transport.lifecycle.session|xstate.done.actor.connection|1 to announced in place of unannounced":
    "is never taken: a connection ends as closed when it was released, and only `disconnecting` releases it",
  "transport.lifecycle.session|xstate.error.actor.connection|0 to announced in place of unannounced": CRASH,
  "transport.lifecycle.session|xstate.error.actor.connection|1 to disconnected in place of error": CRASH,
  "transport.lifecycle.session|xstate.error.actor.turns|0 to announced in place of unannounced": CRASH,
  "transport.lifecycle.session|xstate.error.actor.turns|1 to disconnected in place of error": CRASH,
  "transport: guard continuesStart says the opposite": CLIENT,
  "transport: guard isNewest says the opposite": CLIENT,
};
