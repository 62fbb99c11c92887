/** Entry of the process that tries one package out. */

import { answerOnce } from '../../shared/kit/answer-once.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { goFirst } from '../../shared/kit/go-first.ts';
import { type ProofOrder, type Proven, tryOut } from './try-out.ts';

goFirst();
answerOnce<ProofOrder, Proven>((order) => tryOut(order, systemClock), { fault: (fault) => ({ fault }), nice: true });
