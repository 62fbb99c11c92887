/** The other end of `askChild`: a process that is given one order, may tell how far it is, answers, and ends. */
import { setPriority } from 'node:os';
import { messageOf } from './errors.ts';

/** What a process does: what it returns is its answer, what it tells goes before. */
export type Work<Order, Answer extends object> = (order: Order, report: (message: Answer) => void) => Promise<Answer>;

export interface Manners<Answer> {
  /** The answer when the work throws. */
  fault(message: string): Answer;
  /** Live streams go first: the process gets a lower priority. */
  readonly nice: boolean;
}

/** The process that the work runs in, as far as it is needed here. */
export interface Host<Order> {
  once(event: 'message' | 'disconnect', listener: (order: Order) => void): void;
  /** @param sent called when the message has left */
  send(message: object, sent: () => void): void;
  exit(code: number): void;
}

const NICE = 10;

export const thisProcess = <Order>(): Host<Order> => ({
  once: (event, listener) => void process.once(event, listener),
  send: (message, sent) => void process.send?.(message, sent),
  exit: (code) => process.exit(code),
});

/** @param host default: this process */
export function answerOnce<Order, Answer extends object>(
  work: Work<Order, Answer>,
  { fault, nice }: Manners<Answer>,
  host: Host<Order> = thisProcess(),
): void {
  host.once('message', (order: Order) => {
    if (nice) setPriority(NICE);
    const answer = (message: Answer) => host.send(message, () => host.exit(0));
    const report = (message: Answer) => host.send(message, () => undefined);
    work(order, report).then(answer, (error: unknown) => answer(fault(messageOf(error))));
  });
  host.once('disconnect', () => host.exit(0));
}
