/**
 * Entry of the process that runs a candidate beside its incumbent on live frames. Both run here, on the same frames, beside
 * the runner that answers: a candidate that crashes ends this process and nothing else. Both are slowed alike by the lower
 * priority, so that the ratio of their times holds.
 */
import { availableParallelism } from 'node:os';
import { answerOnce, thisProcess } from '../../shared/kit/answer-once.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { goFirst } from '../../shared/kit/go-first.ts';
import { leaveProcess } from '../pipeline/source/picture/leave.ts';
import { openSource } from '../pipeline/source/picture/open.ts';
import { createDecodeThreads } from '../pipeline/source/picture/threads.ts';
import { compareLive, type ShadowMessage, type ShadowOrder } from './shadow/beside.ts';

const clock = systemClock;
const threads = createDecodeThreads(availableParallelism());

goFirst();
answerOnce<ShadowOrder, ShadowMessage>(
  (order, report) =>
    compareLive(order, report, {
      clock,
      openSource: (options, events) => openSource(options, events, clock, threads),
    }),
  { fault: (reason) => ({ type: 'refused', reason }), nice: true },
  { ...thisProcess<ShadowOrder>(), exit: () => void leaveProcess(threads, clock) },
);
