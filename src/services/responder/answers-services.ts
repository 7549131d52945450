/**
 * What a transport that is its own services responder says of itself: it answers the messages of RTVI's services in every
 * state, from within `sendMessage()`.
 */
export interface AnswersServices {
  readonly answersServices: true;
}

/** Whether a transport answers the messages of RTVI's services itself, and so in every state. */
export function answersServices(transport: object): transport is AnswersServices {
  return "answersServices" in transport && transport.answersServices === true;
}
