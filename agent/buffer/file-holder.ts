/**
 * Holds the outbox's file open through failures. Damage is met with a new file (recover.ts), a full disk with what room
 * can be made (room.ts); what cannot be met so is handed back, and the next use tries again.
 */
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { nowAndThen } from '../../shared/kit/now-and-then.ts';
import type { Range } from '../../shared/kit/ranges.ts';
import { isFull } from '../../shared/kit/sqlite.ts';
import { Evictor } from './evict.ts';
import type { Entry } from './format.ts';
import type { OutboxFile } from './outbox-file.ts';
import type { PendingAcks } from './pending-acks.ts';
import {
  isDamage,
  type OpenContext,
  openFile,
  openOrRecover,
  type Recovered,
  type Recovery,
  recover,
} from './recover.ts';
import type { Room } from './room.ts';

export type Outcome<T> = { readonly value: T; readonly error?: never } | { readonly error: Error };

export interface FileHolderOptions {
  readonly context: OpenContext;
  readonly room: Room;
  readonly pending: PendingAcks;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Open {
  readonly file: OutboxFile;
  readonly evictor: Evictor;
}

/** A disk that damages every new file must not be filled with them. */
const RECOVER_AGAIN_MS = 60_000;
const COMPLAIN_AGAIN_MS = 60_000;
/** How often to see whether the disk has more room. */
const LOOK_MS = 60_000;

export class FileHolder {
  readonly #options: FileHolderOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #cancelLook: Cancel;
  readonly #complain: (records: number) => void;
  #open: Open | undefined;
  #about: Entry[] = [];
  #closed = false;
  #recoveredAt = Number.NEGATIVE_INFINITY;
  /** Epoch of the file, or of the last one while there is none. */
  epoch = '';
  /** The last damage since this start. */
  recovery: Recovery | undefined;

  /** @throws what keeps the file from being opened and is not damage */
  constructor(options: FileHolderOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#complain = nowAndThen(options.clock, COMPLAIN_AGAIN_MS, (records) =>
      options.log.warn({ records }, `the outbox is full, records were given up: ${options.room.complaint}`),
    );
    this.#adopt(openOrRecover(options.context));
    this.#cancelLook = options.clock.every(LOOK_MS, () => {
      this.use((file) => options.room.look(file));
    });
  }

  /**
   * Runs `run` on the file. After an error the file may be another one, or there may be none until the next use.
   * @param run is called again when it failed for want of room and some could be made: it must bear that
   * @param urgent it makes room itself, so it may have the last of the reserve
   */
  use<T>(run: (file: OutboxFile) => T, urgent = false): Outcome<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        const { file } = this.#open ?? this.#reopen();
        const value = run(file);
        this.epoch = file.meta.epoch;
        return { value };
      } catch (error) {
        if (isDamage(error)) this.#replace(messageOf(error));
        else if (isFull(error) && this.#regain(attempt, urgent)) continue;
        return { error: error instanceof Error ? error : new Error(String(error)) };
      }
    }
  }

  /** Writes down the acknowledgements that wait. */
  settle(): Outcome<void> {
    const settled = this.use((file) => this.#options.pending.apply(file), true);
    // What becomes of the room they leave is another matter.
    if (!settled.error) this.use((file) => this.#options.room.freed(file));
    return settled;
  }

  /** Gives up what is above the bound. */
  keepWithinBound(): Outcome<void> {
    return this.use(() => this.#open?.evictor.keepWithinBound());
  }

  /** Numbers go to the hub now. */
  onTheWay(range: Range): Outcome<void> {
    return this.use((file) => {
      file.onTheWay(range);
      if (this.#open?.evictor.isNear) file.change(() => undefined);
    }, true);
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
    this.#cancelLook();
    this.#open?.file.close();
    this.#open = undefined;
    // Closing gives the WAL's room back; the next start needs some.
    this.#options.room.keep();
  }

  /** After a write found no room: is it worth trying again? */
  #regain(attempt: number, urgent: boolean): boolean {
    const { room } = this.#options;
    try {
      if (!this.#open) return room.release();
      return room.regain(this.#open.file, this.#reliefOf(this.#open), attempt, urgent);
    } catch (error) {
      if (isDamage(error)) this.#replace(messageOf(error));
      else this.#log.warn({ err: error }, 'no room could be made for the outbox');
    }
    return false;
  }

  #reliefOf({ file, evictor }: Open) {
    return {
      settle: () => this.#options.pending.apply(file),
      shrink: (stepPages: number) => evictor.shrink(stepPages),
    };
  }

  #reopen(): Open {
    const { context } = this.#options;
    if (this.#closed) throw new Error('the outbox is closed');
    return this.#adopt(this.#mayRecover() ? openOrRecover(context) : { file: openFile(context) });
  }

  #mayRecover(): boolean {
    return this.#clock.mono() - this.#recoveredAt >= RECOVER_AGAIN_MS;
  }

  #replace(reason: string): void {
    this.#open?.file.close();
    this.#open = undefined;
    if (!this.#mayRecover()) return;
    try {
      this.#adopt(recover(this.#options.context, reason));
    } catch (error) {
      this.#log.error({ err: error }, 'the damaged outbox could not be replaced yet');
    }
  }

  #adopt(opened: Recovered | { readonly file: OutboxFile; readonly recovery?: never }): Open {
    const { context, room } = this.#options;
    const { file, recovery } = opened;
    context.losses.reset();
    const open = { file, evictor: new Evictor(file, room, context.losses, this.#complain) };
    this.#open = open;
    this.epoch = file.meta.epoch;
    room.adopt(file, this.#reliefOf(open));
    if (!recovery) return open;
    this.recovery = recovery;
    this.#recoveredAt = this.#clock.mono();
    this.#about.push(...opened.entries);
    this.#log.error(recovery, 'the outbox was damaged: moved aside, a new one begun');
    return open;
  }
}
