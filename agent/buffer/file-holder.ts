/**
 * Keeps the outbox's file open through failures. It replaces a damaged file (file/recover.ts), and makes room on a full disk
 * (space/disk-space.ts). When a disk failed and was mounted anew, it goes over to the file that is there now: the open one
 * belongs to a file system that takes nothing any more. It returns any other failure to the caller; the next use tries again.
 */
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { nowAndThen } from '../../shared/kit/now-and-then.ts';
import type { Range } from '../../shared/kit/ranges.ts';
import { isFull } from '../../shared/kit/sqlite.ts';
import { onTheWay } from './acks/in-doubt.ts';
import type { PendingAcks } from './acks/pending-acks.ts';
import type { Entry } from './file/format.ts';
import type { OutboxFile } from './file/outbox-file.ts';
import {
  isDamage,
  type OpenContext,
  openFile,
  openOrRecover,
  type Recovered,
  type Recovery,
  recover,
} from './file/recover.ts';
import type { DiskSpace } from './space/disk-space.ts';
import { Evictor } from './space/evict.ts';
import type { LossWriter } from './space/losses.ts';

export type Outcome<T> = { readonly value: T; readonly error?: never } | { readonly error: Error };

export interface FileHolderOptions {
  readonly context: OpenContext;
  readonly space: DiskSpace;
  readonly losses: LossWriter;
  readonly pending: PendingAcks;
  /** Takes the lock of the folder that is there now; the old one went with its disk. Throws when another agent has it. */
  readonly lockAgain: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Open {
  readonly file: OutboxFile;
  readonly evictor: Evictor;
}

/** A disk may damage every new file: it must not fill up with damaged files. */
const RECOVER_AGAIN_MS = 60_000;
const COMPLAIN_AGAIN_MS = 60_000;
/** How often to see whether the disk has more space. */
const LOOK_MS = 60_000;

export class FileHolder {
  readonly #options: FileHolderOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #cancelLook: Cancel;
  readonly #complain: (records: number) => void;
  #open: Open | undefined;
  #report: Entry[] = [];
  #closed = false;
  /** The disk was mounted anew, and the folder on it is not locked yet. */
  #isUnlocked = false;
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
      options.log.warn({ records }, `the outbox is full, records were given up: ${options.space.complaint}`),
    );
    this.#adopt(openOrRecover(options.context));
    this.#cancelLook = options.clock.every(LOOK_MS, () => {
      this.use((file) => options.space.look(file));
    });
  }

  /**
   * Runs `run` on the file. After an error the file may be another one, or there may be none until the next use.
   * @param run may be called again, after it failed because the disk was full and room could be made
   * @param urgent `run` frees room itself, so it may use the last of the reserve
   */
  use<T>(run: (file: OutboxFile) => T, urgent = false): Outcome<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        const { file } = this.#open ?? this.#reopen();
        const value = run(file);
        this.epoch = file.meta.epoch;
        return { value };
      } catch (error) {
        if (this.#leaveOldDisk(error)) continue;
        if (isDamage(error)) this.#replace(messageOf(error));
        else if (isFull(error) && this.#regain(attempt, urgent)) continue;
        return { error: error instanceof Error ? error : new Error(String(error)) };
      }
    }
  }

  /** Tells the file of the acknowledgements that wait. */
  settle(): Outcome<void> {
    const settled = this.use((file) => this.#options.pending.settle(file), true);
    // A failure to use the freed room does not undo the acknowledgement.
    if (!settled.error) this.use((file) => this.#options.space.freed(file));
    return settled;
  }

  /** Evicts what is above the bound. */
  keepWithinBound(): Outcome<void> {
    return this.use((file) => {
      this.#options.space.lookBeforeEviction(file);
      this.#open?.evictor.keepWithinBound();
    });
  }

  /** Notes that these numbers are being sent to the hub now. */
  onTheWay(range: Range): Outcome<void> {
    return this.use((file) => {
      file.noteInDoubt(onTheWay(file.meta.inDoubt, range));
      if (this.#open?.evictor.isNear) file.change(() => undefined);
    }, true);
  }

  /** Are there records about damage that are not appended yet? */
  get hasReport(): boolean {
    return this.#report.length > 0;
  }

  /** The records about damage, for the caller to append. */
  takeReport(): Entry[] {
    const report = this.#report;
    this.#report = [];
    return report;
  }

  close(): void {
    this.#closed = true;
    this.#cancelLook();
    this.#open?.file.close();
    this.#open = undefined;
    // Closing frees the room of the WAL; the next start needs the reserve.
    this.#options.space.keep();
  }

  /** After a write found no room: is it worth trying again? */
  #regain(attempt: number, urgent: boolean): boolean {
    const { space } = this.#options;
    try {
      if (!this.#open) return space.release();
      return space.regain(this.#open.file, this.#reliefOf(this.#open), attempt, urgent);
    } catch (error) {
      if (isDamage(error)) this.#replace(messageOf(error));
      else this.#log.warn({ err: error }, 'no room could be made for the outbox');
    }
    return false;
  }

  #reliefOf({ file, evictor }: Open) {
    return {
      settle: () => this.#options.pending.settle(file),
      shrink: (stepPages: number) => evictor.shrink(stepPages),
    };
  }

  #reopen(): Open {
    const { context } = this.#options;
    if (this.#closed) throw new Error('the outbox is closed');
    if (this.#isUnlocked) this.#options.lockAgain();
    this.#isUnlocked = false;
    return this.#adopt(this.#mayRecover() ? openOrRecover(context) : { file: openFile(context) });
  }

  /**
   * After a failure: is there another file at the path of the open one? Then closes that. Its WAL is not written back: SQLite
   * removes a WAL by its path, but only after it could write all of it.
   */
  #leaveOldDisk(failure: unknown): boolean {
    const file = this.#open?.file;
    if (!file?.isElsewhere()) return false;
    this.#log.warn(
      { err: failure, path: file.path },
      'the disk of the outbox was mounted anew: going over to the file there',
    );
    this.#open = undefined;
    this.#isUnlocked = true;
    try {
      file.close();
    } catch (error) {
      this.#log.warn({ err: error }, 'the outbox on the old disk could not be closed');
    }
    return true;
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
    const { losses, space } = this.#options;
    const { file, recovery } = opened;
    losses.reset();
    const open = { file, evictor: new Evictor(file, space, losses, this.#complain) };
    this.#open = open;
    this.epoch = file.meta.epoch;
    space.adopt(file, this.#reliefOf(open));
    if (!recovery) return open;
    this.recovery = recovery;
    this.#recoveredAt = this.#clock.mono();
    this.#report.push(...opened.entries);
    this.#log.error(recovery, 'the outbox was damaged: moved aside, a new one begun');
    return open;
  }
}
