/** Entry of the process that makes one package (apart.ts). */
import { answerOnce } from '../../shared/kit/answer-once.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { goFirst } from '../../shared/kit/go-first.ts';
import type { InitAnswer, InitOrder } from './apart.ts';
import { initPackage } from './init.ts';

async function make(order: InitOrder): Promise<InitAnswer> {
  try {
    const { dir, name, reasons, trial } = await initPackage({ ...order, clock: systemClock });
    const tried = trial?.tried.map(({ way, conviction }) => ({ way: way.name, conviction }));
    return { made: { dir, name, reasons: [...reasons], ...(tried ? { tried } : {}) } };
  } catch (error) {
    if (error instanceof CodedError) return { refused: { code: error.code, message: error.message } };
    throw error;
  }
}

goFirst();
answerOnce<InitOrder, InitAnswer>(make, { fault: (fault) => ({ fault }), nice: false });
