/**
 * Orders to erase, on the disk: the folder `erase/` of the data folder. A running agent looks into it each second, so that a command
 * need not open files which the agent holds; a stopped one finds what waits when it starts.
 *
 * Format: `ID.json`, one order (`storedOrder`), and after it was carried out `ID.answer.json` (`storedAnswer`).
 *
 * Invariants:
 * 1. An order is there, whole and forced to disk, before anything of it is carried out.
 * 2. It goes after its answer is there. Where both are found, the answer counts.
 * 3. An answer stays until whoever gave the order has it: the command removes its own, and those of the hub go when its document
 *    names them no more. Of those that nobody fetches, the newest `MOST_ANSWERS` stay.
 *
 * Crash behaviour: an order without an answer is carried out again; what was erased is not found any more.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { eraseAnswer, eraseId, eraseOrder } from '../../shared/contract/messages/erase.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';

export const storedOrder = eraseOrder.extend({ by: z.enum(['command', 'hub']) });
export type StoredOrder = z.infer<typeof storedOrder>;

export const storedAnswer = eraseAnswer.extend({ by: storedOrder.shape.by });
export type StoredAnswer = z.infer<typeof storedAnswer>;

export interface Orders {
  /** @throws the file system's error */
  add(order: StoredOrder): void;
  /** Those that have no answer. A file that is no order is removed. */
  waiting(): StoredOrder[];
  /** @throws the file system's error; then the order waits on */
  answer(answer: StoredAnswer): void;
  answerTo(id: string): StoredAnswer | undefined;
  answers(): StoredAnswer[];
  /** Forgets an order with its answer. */
  remove(id: string): void;
}

const FOLDER = 'erase';
const MODE = 0o600;
const MOST_ANSWERS = 256;
/** No order has it. */
const NONE = '0'.repeat(32);
const ORDER = /^([0-9a-f]{32})\.json$/;
const ANSWER = /^([0-9a-f]{32})\.answer\.json$/;

/** @param folder the agent's data folder */
export function openOrders(folder: string): Orders {
  const place = path.join(folder, FOLDER);
  const orderFile = (id: string) => path.join(place, `${eraseId.parse(id)}.json`);
  const answerFile = (id: string) => path.join(place, `${eraseId.parse(id)}.answer.json`);
  const names = () => {
    try {
      return readdirSync(place).toSorted();
    } catch {
      return [];
    }
  };
  const read = <T>(file: string, schema: z.ZodType<T>): T | undefined => {
    try {
      return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return undefined;
    }
  };
  const answerTo = (id: string) => read(answerFile(id), storedAnswer);

  const trim = () => {
    const answers = names().filter((name) => ANSWER.test(name));
    if (answers.length <= MOST_ANSWERS) return;
    const ageOf = (name: string) => statSync(path.join(place, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const oldest = answers.toSorted((a, b) => ageOf(a) - ageOf(b)).slice(0, answers.length - MOST_ANSWERS);
    for (const name of oldest) rmSync(path.join(place, name), { force: true });
  };

  return {
    add(order) {
      mkdirSync(place, { recursive: true, mode: 0o700 });
      writeDurably(orderFile(order.id), JSON.stringify(order), MODE);
    },
    waiting() {
      return names().flatMap((name) => {
        const id = ORDER.exec(name)?.[1];
        if (id === undefined) return [];
        const order = answerTo(id) ? undefined : read(orderFile(id), storedOrder);
        if (order?.id === id) return [order];
        rmSync(orderFile(id), { force: true });
        return [];
      });
    },
    answer(answer) {
      writeDurably(answerFile(answer.id), JSON.stringify(answer), MODE);
      rmSync(orderFile(answer.id), { force: true });
      trim();
    },
    answerTo,
    answers: () => names().flatMap((name) => answerTo(ANSWER.exec(name)?.[1] ?? NONE) ?? []),
    remove(id) {
      rmSync(orderFile(id), { force: true });
      rmSync(answerFile(id), { force: true });
    },
  };
}
