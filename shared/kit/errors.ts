/**
 * The table of coded failures. A code is stable: dashboards, alerts and scripts match on it. The README of the agent lists
 * exactly these (checked by a test).
 */
export const errorCodes = {
  'config-invalid': 'A part of the configuration was refused; the message names the field.',
  'source-open': 'A source could not be opened: missing file, wrong address, nothing that FFmpeg can read.',
  'source-auth': 'A camera or server refused the user or the password.',
  'source-no-video':
    'A source has no picture: sound only, a codec that FFmpeg cannot decode, or not one frame that it can.',
  'source-ended': 'A source ended although it should go on.',
  'source-truncated': 'A file ended well before the length that its header states.',
  'source-stalled': 'A source gave no frame for too long.',
  'frame-undecodable': 'A frame could not be decoded; the stream goes on with the next.',
  'sensor-row': 'A row of a sensor cannot be used: a value is missing, is no number, or the row cannot be read.',
  'sensor-order': 'A row of a sensor came out of order or twice; it was left out.',
  'model-invalid': 'A model package was refused: unreadable, damaged, or its manifest contradicts its graph.',
  'model-failed':
    'The model failed on a frame: an error of the runtime, or outputs of the wrong shape, NaN or infinite.',
  'model-rejected':
    'A model that the hub asked for was rejected or rolled back: the message says at which stage and why; the previous one goes on.',
  'runner-died': 'A runner process ended unexpectedly and is started again.',
  'outbox-corrupt': 'The outbox file was damaged; it was moved aside and a new one begun.',
  'key-lost':
    'What is encrypted in the data folder cannot be opened with the keys of the configuration: it is lost, and the agent goes on with new data.',
  'outbox-copied':
    'An older copy of the data folder was put back, or two boxes run from copies of one: records get a new epoch, none is lost.',
  'identity-shared': 'Another client signs in to the hub as this device: two boxes have the same name and token.',
  'quota-reached':
    'The hub stores no more of this device today: its records wait in the outbox until midnight (UTC), then they are sent.',
  'outbox-full': 'The disk or the quota is full: records were evicted, and counted in `loss` records.',
  'records-refused': 'The hub refused records; they are in its quarantine with the reason.',
  internal: 'A defect in Vedette itself. Please report it.',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorCodes;

/** A failure with a stable code and a message that says what, where, why and what to do. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Says the system that a file or a program is not there? */
export function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';
}
