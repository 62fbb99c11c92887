/** Where the runners' messages go: records into the outbox, states and figures to whoever shows or judges them. */
import { encodePicture } from '../shared/contract/codec.ts';
import type { Clock } from '../shared/kit/clock.ts';
import type { Logger } from '../shared/kit/log.ts';
import type { Live } from './api/live.ts';
import type { WatchRequests } from './api/watch-requests.ts';
import type { Outbox } from './buffer/outbox.ts';
import type { Escalation } from './escalate/escalation.ts';
import type { Board } from './health/board.ts';
import type { Problem } from './health/problems.ts';
import type { Tallies } from './health/tallies.ts';
import type { Reconciler } from './reconcile/reconcile.ts';
import type { FromRunner } from './runner/messages.ts';
import type { Stamps } from './stamps.ts';
import type { RecordTraces } from './traces/record-traces.ts';

export interface Receivers {
  readonly stamps: Pick<Stamps, 'stamp'>;
  readonly board: Pick<Board, 'begunAt' | 'looks' | 'measure' | 'set' | 'sign'>;
  readonly tallies: Pick<Tallies, 'summary' | 'reading'>;
  readonly reconciler: Pick<Reconciler, 'onSign' | 'onSummary' | 'onCrash'>;
  readonly live: Pick<Live, 'onLatest' | 'onPreview'>;
  readonly requests: Pick<WatchRequests, 'due'>;
  readonly outbox: Pick<Outbox, 'append'>;
  problem(found: Problem): void;
  /** For a second opinion. */
  readonly escalation: Pick<Escalation, 'offer'>;
  /** A stream has forgotten what it had learned, or could not. */
  forgot(stream: string, failure: string | undefined): void;
  /** To the hub; lost when there is no connection. */
  preview(picture: Buffer): void;
  /** Absent: nothing is traced. */
  readonly traces?: Pick<RecordTraces, 'begin'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface FromRunners {
  onMessage(message: FromRunner): void;
  onRunnerDied(death: { readonly streams: readonly string[] } & Pick<Problem, 'code' | 'message'>): void;
}

export function createFromRunners(to: Receivers): FromRunners {
  const { stamps, board, log } = to;

  const onRecord = ({ at, begunAt, model, body }: Extract<FromRunner, { type: 'record' }>) => {
    if (body.kind === 'reading') to.tallies.reading(body);
    if (body.kind === 'summary') {
      board.measure(body);
      to.tallies.summary(body);
      to.reconciler.onSummary(model, body);
    }
    const traced = to.traces?.begin({ kind: body.kind, stream: body.stream, begunAt, at });
    const fate = to.outbox.append({ ...body, ...stamps.stamp(at), model, ...(traced ? { trace: traced.trace } : {}) });
    traced?.kept(fate);
  };

  const onSample = ({ at, model, body, jpeg, worth }: Extract<FromRunner, { type: 'sample' }>) => {
    to.escalation.offer({ ...body, wall: stamps.stamp(at).wall, model }, jpeg, worth);
  };

  const onPreview = ({ header, jpeg }: Extract<FromRunner, { type: 'preview' }>) => {
    to.live.onPreview(header, jpeg);
    if (to.requests.due('hub', header.stream)) to.preview(encodePicture({ ...header, wall: to.clock.wall() }, jpeg));
  };

  const onSign = (stream: string, answered: boolean) => {
    board.sign(stream, answered);
    to.reconciler.onSign(stream, { answered, begunAt: board.begunAt(stream) });
  };

  return {
    onMessage(message) {
      switch (message.type) {
        case 'record':
          return onRecord(message);
        case 'status':
          log.info({ stream: message.stream, ...message.status }, `stream ${message.status.state}`);
          board.set(message.stream, message.status);
          // Read to its end: it has given what it had.
          return message.status.state === 'ended' ? onSign(message.stream, false) : undefined;
        case 'sign':
          return onSign(message.stream, message.answered);
        case 'problem':
          return to.problem(message);
        case 'looks':
          return board.looks(message.stream, message.fault);
        case 'note':
          return log.info({ stream: message.stream }, message.message);
        case 'latest':
          return to.live.onLatest(message.stream, message.result);
        case 'sample':
          return onSample(message);
        case 'preview':
          return onPreview(message);
        case 'forgot':
          return to.forgot(message.stream, message.failure);
        // `memory`, `ready` and `drained` end at the supervisor; `result` and `done` are for `infer`.
        case 'memory':
        case 'ready':
        case 'drained':
        case 'result':
        case 'done':
          return undefined;
      }
    },
    onRunnerDied({ streams, code, message }) {
      for (const stream of streams) {
        to.problem({ code, message, stream, count: 1 });
        board.set(stream, { state: 'waiting', error: message });
      }
      to.reconciler.onCrash(streams);
    },
  };
}
