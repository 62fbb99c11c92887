/** The way of a message through the hub, in order. `parse` runs on arrival (it finds the lane of the queue). */
import type { Step } from './step.ts';
import { ack } from './steps/ack.ts';
import { decode } from './steps/decode.ts';
import { dedupe } from './steps/dedupe.ts';
import { fanOut } from './steps/fan-out.ts';
import { store } from './steps/store.ts';
import { validate } from './steps/validate.ts';

export { parse } from './steps/parse.ts';

export const steps: readonly Step[] = [decode, validate, dedupe, store, ack, fanOut];
