/** The way of a message through the hub, in order. `admit` runs on arrival, before the queue. */
import type { Step } from './step.ts';
import { ack } from './steps/ack.ts';
import { copies } from './steps/copies.ts';
import { decode } from './steps/decode.ts';
import { dedupe } from './steps/dedupe.ts';
import { fanOut } from './steps/fan-out.ts';
import { quota } from './steps/quota.ts';
import { validate } from './steps/validate.ts';
import { write } from './steps/write.ts';

export { shareRefusals } from './steps/ack.ts';
export { admit } from './steps/admit.ts';

export const steps: readonly Step[] = [decode, validate, dedupe, write, ack, copies, quota, fanOut];
