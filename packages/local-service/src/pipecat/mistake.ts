/** A client's mistake, on its way to becoming an `error-response`. The session goes on. */
export class ClientMistake extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ClientMistake";
  }
}

/** A message whose data breaks a rule of its type. */
export function invalidMessage(problem: string): ClientMistake {
  return new ClientMistake(`Invalid message: ${problem}`);
}
