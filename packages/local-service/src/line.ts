/** What carries a session: a WebSocket, or the data channel of a WebRTC call. */
export interface SessionLine {
  readonly isOpen: boolean;
  send(frame: string | Buffer): void;
  /** In order; a data channel knows neither code nor reason. */
  close(code: number, reason: string): void;
  /** Without a goodbye. */
  terminate(): void;
}
