/** A client of the live feed, whatever its transport. */
export interface LiveClient {
  /** Sends a text frame. */
  send(text: string): void;
  /** Sends a binary frame. */
  sendPicture(picture: Buffer): void;
  /** Bytes given to `send` and `sendPicture` that have not left yet. */
  readonly buffered: number;
  /** Ends the connection; `code` as of RFC 6455, 7.4. */
  close(code: number, reason: string): void;
}
