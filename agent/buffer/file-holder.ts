/**
 * Holds the outbox's file open through failures. Damage is met with a new file (recover.ts); anything else (no room, an
 * I/O error) is handed back, and the next use tries again.
 */
import type { Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { Evictor } from './evict.ts';
import type { Entry } from './format.ts';
import type { OutboxFile } from './outbox-file.ts';
import {
  isDamage,
  type OpenContext,
  openFile,
  openOrRecover,
  type Recovered,
  type Recovery,
  recover,
} from './recover.ts';

export type Outcome<T> = { readonly value: T; readonly error?: never } | { readonly error: Error };

/** A disk that damages every new file must not be filled with them. */
const RECOVER_AGAIN_MS = 60_000;

export class FileHolder {
  readonly #context: OpenContext;
  readonly #clock: Clock;
  readonly #log: Logger;
  #file: OutboxFile | undefined;
  #evictor: Evictor | undefined;
  #about: Entry[] = [];
  #closed = false;
  #recoveredAt = Number.NEGATIVE_INFINITY;
  /** Epoch of the file, or of the last one while there is none. */
  epoch = '';
  /** The last damage since this start. */
  recovery: Recovery | undefined;

  /** @throws what keeps the file from being opened and is not damage */
  constructor(context: OpenContext, clock: Clock, log: Logger) {
    this.#context = context;
    this.#clock = clock;
    this.#log = log;
    this.#adopt(openOrRecover(context));
  }

  /** Runs `run` on the file. After an error the file may be another one, or there may be none until the next use. */
  use<T>(run: (file: OutboxFile) => T): Outcome<T> {
    try {
      const file = this.#file ?? this.#open();
      const value = run(file);
      this.epoch = file.meta.epoch;
      return { value };
    } catch (error) {
      if (isDamage(error)) this.#replace(messageOf(error));
      return { error: error instanceof Error ? error : new Error(String(error)) };
    }
  }

  /** Gives up what is above the quota; how many records, or why not. */
  keepWithinQuota(): Outcome<number> {
    return this.use(() => this.#evictor?.keepWithinQuota() ?? 0);
  }

  /** Are there records that tell of damage? */
  get hasAbout(): boolean {
    return this.#about.length > 0;
  }

  /** Records that tell of damage; they are to be appended. */
  takeAbout(): Entry[] {
    const about = this.#about;
    this.#about = [];
    return about;
  }

  close(): void {
    this.#closed = true;
    this.#file?.close();
    this.#file = undefined;
  }

  #open(): OutboxFile {
    if (this.#closed) throw new Error('the outbox is closed');
    return this.#adopt(this.#mayRecover() ? openOrRecover(this.#context) : { file: openFile(this.#context) });
  }

  #mayRecover(): boolean {
    return this.#clock.mono() - this.#recoveredAt >= RECOVER_AGAIN_MS;
  }

  #replace(reason: string): void {
    this.#file?.close();
    this.#file = undefined;
    if (!this.#mayRecover()) return;
    try {
      this.#adopt(recover(this.#context, reason));
    } catch (error) {
      this.#log.error({ err: error }, 'the damaged outbox could not be replaced yet');
    }
  }

  #adopt(opened: Recovered | { readonly file: OutboxFile; readonly recovery?: never }): OutboxFile {
    const { losses, quotaBytes } = this.#context;
    losses.leased(Number.POSITIVE_INFINITY);
    this.#file = opened.file;
    this.#evictor = new Evictor(opened.file, quotaBytes, losses);
    this.epoch = opened.file.meta.epoch;
    if (!opened.recovery) return opened.file;
    this.recovery = opened.recovery;
    this.#recoveredAt = this.#clock.mono();
    this.#about.push(...opened.entries);
    this.#log.error(opened.recovery, 'the outbox was damaged: moved aside, a new one begun');
    return opened.file;
  }
}
