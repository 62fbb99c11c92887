/** A model of the outbox that is an array, and what can be done to both: fast-check's commands. */
import type fc from 'fast-check';
import { expect } from 'vitest';
import type { Outbox } from '../../../agent/buffer/outbox.ts';
import { MAX_EARLIER } from '../../../shared/contract/messages/batch.ts';
import { MAX_ORIGINS, type RecordBody, type RecordKind } from '../../../shared/contract/messages/record.ts';
import { afterKill, body, open, spoilState, unsynced } from './fixture.ts';

interface Kept {
  readonly seq: number;
  /** What stands in the file; undefined for a record of the outbox itself. */
  readonly json: string | undefined;
}

export interface Model {
  epoch: string;
  /** Epochs before, and below which number they name the same records. */
  earlier: { epoch: string; below: number }[];
  lastSeq: number;
  held: Kept[];
  refused: number;
  commits: number;
  marks: number;
}

export interface Real {
  folder: string;
  outbox: Outbox;
  commits: number;
}

export type Command = fc.AsyncCommand<Model, Real>;
interface Share {
  readonly from: number;
  readonly to: number;
}

export const listen = (real: Real) => real.outbox.onCommit(() => real.commits++);
/** A number of the epoch, by its share of all that were given. */
const at = (model: Model, share: number) => Math.floor(model.lastSeq * share);
const rangeOf = (model: Model, { from, to }: Share) => ({ from: Math.max(1, at(model, from)), to: at(model, to) });
const within = (seq: number, ranges: readonly Share[]) => ranges.some(({ from, to }) => from <= seq && seq <= to);
const bytesOf = ({ json }: Kept) => Buffer.byteLength(json ?? '');

function reopened(model: Model, real: Real, folder = real.folder): void {
  real.folder = folder;
  real.outbox = open(folder, { open: unsynced });
  // Closing looks once more for what may wait, and listeners hear of it.
  real.commits = model.commits;
  listen(real);
}

/** What holds after every command. */
function check(model: Model, { outbox, commits }: Real): void {
  const leased = outbox.lease(1_000_000, 1e9);
  expect(leased.map(({ seq }) => seq)).toEqual(model.held.map(({ seq }) => seq));
  leased.forEach(({ json, bytes }, i) => {
    expect(json).toBe(model.held[i]?.json ?? json);
    expect(bytes).toBe(Buffer.byteLength(json));
  });
  expect(outbox.state()).toMatchObject({
    epoch: model.epoch,
    lastSeq: model.lastSeq,
    waiting: model.held.length,
    bytes: leased.reduce((sum, { bytes }) => sum + bytes, 0),
    refused: model.refused,
    givenUp: 0,
    inMemory: 0,
    blocked: undefined,
  });
  expect([outbox.epoch, outbox.lastSeq]).toEqual([model.epoch, model.lastSeq]);
  expect(outbox.base()).toBe(model.held[0]?.seq ?? model.lastSeq + 1);
  expect(commits).toBe(model.commits);
}

export class Append implements Command {
  readonly many: readonly { readonly kind: RecordKind; readonly padding: number }[];
  constructor(many: readonly { readonly kind: RecordKind; readonly padding: number }[]) {
    this.many = many;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const bodies: RecordBody[] = this.many.map(({ kind, padding }) => body(model.marks++, kind, padding));
    expect(await real.outbox.append(bodies.length === 1 && bodies[0] ? bodies[0] : bodies)).toBe('committed');
    for (const one of bodies) model.held.push({ seq: ++model.lastSeq, json: JSON.stringify(one) });
    model.commits++;
    check(model, real);
  }
  toString = () => `append ${this.many.length}`;
}

export class Lease implements Command {
  readonly asked: { limit: number; bytes: number; after: number; upTo: number };
  constructor(asked: { limit: number; bytes: number; after: number; upTo: number }) {
    this.asked = asked;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const { limit, bytes } = this.asked;
    const [after, upTo] = [at(model, this.asked.after), at(model, this.asked.upTo)];
    const expected: Kept[] = [];
    let sum = 0;
    for (const kept of model.held.filter(({ seq }) => seq > after && seq <= upTo)) {
      sum += kept.json === undefined ? Number.NaN : bytesOf(kept);
      // The first is always leased: else a large record would block the queue for ever.
      if (expected.length >= limit || (expected.length > 0 && sum > bytes)) break;
      expected.push(kept);
    }
    const leased = real.outbox.lease(limit, bytes, after, upTo);
    // The length of the outbox's own records is not known to the model.
    if (!Number.isNaN(sum)) expect(leased.map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq));
    check(model, real);
  }
  toString = () => `lease ${JSON.stringify(this.asked)}`;
}

/** What the uplink does: the same as a lease, of the present epoch only, and the lowest number held besides. */
export class Take implements Command {
  readonly asked: { limit: number; bytes: number; after: number; upTo: number };
  constructor(asked: Take['asked']) {
    this.asked = asked;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const { limit, bytes: maxBytes } = this.asked;
    const [after, upTo] = [at(model, this.asked.after), at(model, this.asked.upTo)];
    const leased = real.outbox.lease(limit, maxBytes, after, upTo);
    const base = model.held[0]?.seq;
    const wanted = { epoch: model.epoch, after, upTo, limit, maxBytes };
    const taken = real.outbox.take(wanted);
    expect(taken && { leased: taken.leased, base: taken.base }).toEqual(
      leased.length > 0 ? { leased, base } : undefined,
    );
    if (taken) expect([taken.starts.length > 0, taken.earlier]).toEqual([true, model.earlier]);
    expect(real.outbox.take({ ...wanted, epoch: 'another' })).toBeUndefined();
    expect(real.outbox.position()).toEqual({ epoch: model.epoch, lastSeq: model.lastSeq });
    check(model, real);
  }
  toString = () => `take ${JSON.stringify(this.asked)}`;
}

export class Acknowledge implements Command {
  readonly acknowledgement: {
    upTo: number;
    ranges: readonly Share[] | undefined;
    refused: readonly Share[];
    times: number;
  };
  constructor(acknowledgement: Acknowledge['acknowledgement']) {
    this.acknowledgement = acknowledgement;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const upTo = at(model, this.acknowledgement.upTo);
    const given = ({ from, to }: Share) => from <= to;
    const ranges = this.acknowledgement.ranges?.map((share) => rangeOf(model, share)).filter(given);
    const refused = this.acknowledgement.refused.map((share) => rangeOf(model, share)).filter(given);
    const ack = {
      epoch: model.epoch,
      upTo,
      ...(ranges ? { ranges } : {}),
      ...(refused.length > 0 ? { refused: refused.map((range) => ({ ...range, reason: 'bad' })) } : {}),
    };
    const { times } = this.acknowledgement;
    for (let time = 1; time <= times; time++) expect(real.outbox.ack(ack, time < times)).toBe('settled');
    model.refused += model.held.filter(({ seq }) => within(seq, refused)).length;
    model.held = model.held.filter(({ seq }) => seq > upTo && !within(seq, refused) && !within(seq, ranges ?? []));
    check(model, real);
  }
  toString = () => `ack ${JSON.stringify(this.acknowledgement)}`;
}

export class Refuse implements Command {
  readonly share: Share;
  constructor(share: Share) {
    this.share = share;
  }
  check = (model: Readonly<Model>) => model.lastSeq > 0;
  async run(model: Model, real: Real): Promise<void> {
    const range = rangeOf(model, this.share);
    const hit = model.held.filter(({ seq }) => within(seq, [range]));
    expect(real.outbox.refuse({ ...range, reason: 'too large' })).toBe(hit.length);
    model.refused += hit.length;
    model.held = model.held.filter((kept) => !hit.includes(kept));
    check(model, real);
  }
  toString = () => `refuse ${JSON.stringify(this.share)}`;
}

export class StaleAck implements Command {
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const all = { from: 1, to: Math.max(1, model.lastSeq) };
    const ack = { epoch: 'another', upTo: model.lastSeq, ranges: [all], refused: [{ ...all, reason: 'x' }] };
    expect(real.outbox.ack(ack)).toBe('stale');
    check(model, real);
  }
  toString = () => 'stale ack';
}

/** Of one number more than was ever given, in either place. */
export class AckAhead implements Command {
  readonly inRanges: boolean;
  constructor(inRanges: boolean) {
    this.inRanges = inRanges;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const ahead = model.lastSeq + 1;
    const { epoch } = model;
    const ack = this.inRanges ? { epoch, upTo: 0, ranges: [{ from: ahead, to: ahead }] } : { epoch, upTo: ahead };
    expect(real.outbox.ack(ack)).toBe('forked');
    expect(real.outbox.epoch).not.toBe(epoch);
    model.epoch = real.outbox.epoch;
    const below = model.held[0]?.seq ?? model.lastSeq + 1;
    if (below > 1) model.earlier = [...model.earlier, { epoch, below }].slice(-MAX_EARLIER);
    check(model, real);
  }
  toString = () => `ack ahead${this.inRanges ? ' in ranges' : ''}`;
}

export class Reopen implements Command {
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    real.outbox.close();
    expect(await real.outbox.append(body(0))).toBe('given-up');
    reopened(model, real);
    check(model, real);
  }
  toString = () => 'reopen';
}

/** What was committed is in the files: nothing is left to do at the end. */
export class Kill implements Command {
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const folder = afterKill(real.folder);
    real.outbox.close();
    reopened(model, real, folder);
    check(model, real);
  }
  toString = () => 'kill';
}

export class Damage implements Command {
  readonly both: boolean;
  constructor(both: boolean) {
    this.both = both;
  }
  check = () => true;
  async run(model: Model, real: Real): Promise<void> {
    const held = real.outbox.lease(1_000_000, 1e9);
    real.outbox.close();
    spoilState(real.folder, this.both ? undefined : ['meta']);
    reopened(model, real);
    const before = model.epoch;
    model.epoch = real.outbox.epoch;
    expect(model.epoch).not.toBe(before);
    // All of them, in order, each with the names that it had; then the report of the damage.
    model.held = held.map(({ json, seq: was }, i) => {
      const { origin = [], ...rest } = JSON.parse(json);
      const known = this.both ? [] : model.earlier.filter(({ below }) => was < below);
      const names = [...origin, ...known.map(({ epoch }) => ({ epoch, seq: was })), { epoch: before, seq: was }];
      return { seq: i + 1, json: JSON.stringify({ ...rest, origin: names.slice(-MAX_ORIGINS) }) };
    });
    model.earlier = [];
    model.lastSeq = held.length + 1;
    model.held.push({ seq: model.lastSeq, json: undefined });
    model.refused = 0;
    check(model, real);
    const reported = JSON.parse(real.outbox.lease(1, 1, model.lastSeq - 1)[0]?.json ?? '');
    expect(reported).toMatchObject({ kind: 'error', code: 'outbox-corrupt', count: 1 });
    expect(real.outbox.state().recovered).toMatchObject({
      salvaged: held.length,
      lost: this.both ? undefined : 0,
      reason: 'its `meta` row cannot be read',
    });
  }
  toString = () => `damage${this.both ? ' of both' : ''}`;
}
