/**
 * Mutants of the charts that no session of `test/properties/mutants.test.ts` tells from the chart: each does as the chart does, for the
 * reason given. One that is found must go from here. The golden lists of `test/graph` show every one of them as a changed chart.
 */
export const NOT_FOUND: Readonly<Record<string, string>> = {
  "connection.active.opened.never||0 to earlier in place of latest":
    "equivalent: `earlier` goes on to `latest` in the same step, by the same guard",
  "connection.active.phase.asking without the end of retry":
    "equivalent: the actor answers once, as it begins, and that answer is what ends the state",
  "connection.active.phase.waiting.counting|xstate.after.wait.connection.active.phase.waiting.counting|0 to changing in place of attempt":
    "equivalent but for an event: `changing` goes on to `attempt` in the same step, and the root ignores what it reports where there is no connection",
  "microphone.open.lost|mic.requested|0 to overtaken in place of another":
    "asks twice where the app asked once: while an initDevices() waits, the rules let each question pass",
  "transport.lifecycle.session without the end of turns":
    "equivalent: on every way out of `live` the turns are told that the session has ended, which ends them",
};
