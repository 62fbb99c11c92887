/** What a condition says of a device, or of a part of it. */
export interface Finding {
  /** A stream, mostly; empty: the device itself. */
  readonly subject: string;
  readonly holds: boolean;
  readonly text: string;
  /** Since when it is known to hold, milliseconds since 1970. */
  readonly since?: number;
  /** When time alone may change it. */
  readonly nextAt?: number;
}
