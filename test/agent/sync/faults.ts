/** What can happen to a batch between agent and hub. */
export const faults = ['ok', 'batch lost', 'ack lost', 'ack twice', 'old ack', 'publish failed', 'reconnect'] as const;
export type Fault = (typeof faults)[number];
