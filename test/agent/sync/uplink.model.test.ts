/** The uplink over a line that loses, doubles, reorders and delays, to a hub that lies at times: everything arrives once. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outbox } from '../../../agent/buffer/outbox.ts';
import { Uplink } from '../../../agent/sync/uplink.ts';
import { channels } from '../../../shared/contract/channels.ts';
import { decode } from '../../../shared/contract/codec.ts';
import { type Ack, batch } from '../../../shared/contract/messages/batch.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { body, open, silent, unsynced } from '../buffer/fixture.ts';
import { FakeLink } from './fake-link.ts';
import { TinyHub } from './tiny-hub.ts';

const FLIGHTS = 4;
const START = Date.UTC(2026, 0, 1);

const fates = ['arrives', 'arrives', 'arrives', 'lost', 'failed', 'twice'] as const;
const ackFates = ['comes', 'comes', 'comes', 'lost', 'twice'] as const;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), many: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(15_000) }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('batch' as const), which: fc.nat(3), fate: fc.constantFrom(...fates) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('ack' as const), which: fc.nat(3), fate: fc.constantFrom(...ackFates) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('old ack' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('cut' as const, 'connect' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('restart' as const, 'stale' as const, 'ahead' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wall clock' as const), wall: fc.nat(START * 2) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** An agent's outbox and uplink, the line, and the hub behind it. */
class World {
  readonly #folder = tempFolder();
  readonly clock = new ManualClock(START);
  readonly link = new FakeLink();
  readonly hub = new TinyHub('box');
  readonly #acks: Ack[] = [];
  readonly #logged: Ack[] = [];
  outbox: Outbox;
  uplink: Uplink;
  marks = 0;
  /** Records that the hub may have under two names: an outbox that lost its epoch cannot know. */
  renamed = false;

  constructor(ranged: boolean, refuseEach: number) {
    this.hub.ranged = ranged;
    if (refuseEach > 0) {
      this.hub.refuses = (r) => (Number(r.mark) % refuseEach === refuseEach - 1 ? 'unknown kind' : undefined);
    }
    this.outbox = this.#openOutbox();
    this.uplink = this.#start();
  }

  async do(step: Step): Promise<void> {
    if (step.do === 'append') {
      const bodies = Array.from({ length: step.many }, () => body(this.marks++));
      expect(await this.outbox.append(bodies)).toBe('committed');
    }
    if (step.do === 'wait') await this.clock.advance(step.ms);
    if (step.do === 'batch') this.#batch(step.which, step.fate);
    if (step.do === 'ack') this.#ack(step.which, step.fate);
    if (step.do === 'old ack') this.#receive(this.#logged[step.which % Math.max(1, this.#logged.length)]);
    if (step.do === 'cut') this.link.cut();
    if (step.do === 'connect') this.link.connect();
    if (step.do === 'wall clock') this.clock.setWall(step.wall);
    if (step.do === 'stale') this.#receive({ epoch: 'another', upTo: 5, ranges: [{ from: 7, to: 9 }] });
    if (step.do === 'ahead') {
      this.renamed = true;
      this.#receive({ epoch: this.outbox.epoch, upTo: this.outbox.lastSeq + 1 });
    }
    if (step.do === 'restart') {
      this.uplink.stop();
      this.link.cut();
      this.outbox.close();
      this.outbox = this.#openOutbox();
      this.uplink = this.#start();
    }
    await this.clock.advance(0);
    this.check();
  }

  /** From here on all goes well. */
  async heal(): Promise<void> {
    this.link.connect();
    const busy = () =>
      this.outbox.state().waiting > 0 || this.uplink.state().inFlight > 0 || this.link.pending.length > 0;
    for (let turn = 0; busy(); turn++) {
      expect(turn).toBeLessThan(3_000);
      await this.clock.advance(this.link.pending.length + this.#acks.length > 0 ? 0 : 500);
      this.#batch(0, 'arrives');
      this.#ack(0, 'comes');
    }
    await this.clock.advance(120_000);
    this.check();
  }

  check(): void {
    const { inFlight, backfill } = this.uplink.state();
    expect(this.link.pending.length).toBeLessThanOrEqual(FLIGHTS);
    expect(inFlight).toBeLessThanOrEqual(FLIGHTS);
    expect(backfill).toBeGreaterThanOrEqual(0);
    // Nothing has left the outbox that the hub has neither stored nor refused.
    const held = new Set(this.outbox.lease(1e6, 1e9).map(({ json }) => JSON.parse(json).mark));
    for (let mark = 0; mark < this.marks; mark++) {
      if (!held.has(mark)) expect(this.#isSettled(mark)).toBe(true);
    }
  }

  checkEnd(): void {
    const stored = [...this.hub.stored.keys()].flatMap((epoch) => this.hub.marks(epoch));
    const expected = Array.from({ length: this.marks }, (_, mark) => mark).filter((mark) => !this.#isRefused(mark));
    expect(new Set(stored)).toEqual(new Set(expected));
    if (!this.renamed) expect(stored).toEqual(expected);
    expect(this.uplink.state()).toMatchObject({ inFlight: 0, backfill: 0 });
    expect(this.outbox.base()).toBe(this.outbox.lastSeq + 1);
    expect(this.link.pending).toEqual([]);
    this.uplink.stop();
    this.outbox.close();
    expect(this.link.listeners).toBe(0);
  }

  #isRefused(mark: number): boolean {
    return this.hub.refuses({ mark }) !== undefined;
  }

  #isSettled(mark: number): boolean {
    return this.#isRefused(mark) || [...this.hub.stored.keys()].some((epoch) => this.#storedIn(epoch).has(mark));
  }

  #storedIn(epoch: string): Set<unknown> {
    return new Set(this.hub.marks(epoch));
  }

  #openOutbox(): Outbox {
    return open(this.#folder, { clock: this.clock, open: unsynced });
  }

  #start(): Uplink {
    const uplink = new Uplink({
      device: 'box',
      outbox: this.outbox,
      link: this.link,
      onProblem: () => undefined,
      limits: { maxFlights: FLIGHTS, maxRecords: 16, backlog: 40, backfillPerSecond: 500 },
      clock: this.clock,
      log: silent,
    });
    uplink.start();
    return uplink;
  }

  #batch(which: number, fate: (typeof fates)[number]): void {
    const { pending } = this.link;
    const one = pending[which % Math.max(1, pending.length)];
    if (!one) return;
    for (let copy = 0; copy < { arrives: 1, twice: 2, lost: 0, failed: 0 }[fate]; copy++) {
      const arrived = batch.parse(decode(Buffer.from(one.message.payload), channels.records.maxBytes));
      const ack = { ...this.hub.take(arrived), at: this.clock.wall() };
      this.#acks.push(ack);
      this.#logged.push(ack);
    }
    if (fate === 'failed') one.fail('refused');
    else one.confirm();
  }

  #ack(which: number, fate: (typeof ackFates)[number]): void {
    const [ack] = this.#acks.splice(which % Math.max(1, this.#acks.length), 1);
    for (let copy = 0; copy < { comes: 1, twice: 2, lost: 0 }[fate]; copy++) this.#receive(ack);
  }

  #receive(ack: Ack | undefined): void {
    if (ack && this.link.up) this.uplink.onAck(ack);
  }
}

test('whatever line and hub do, nothing is lost, and all of it arrives in the end', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 60 }),
      fc.boolean(),
      fc.constantFrom(0, 7),
      async (steps, ranged, refuseEach) => {
        const world = new World(ranged, refuseEach);
        for (const one of steps) await world.do(one);
        await world.heal();
        world.checkEnd();
      },
    ),
    { numRuns: 40 },
  );
});
