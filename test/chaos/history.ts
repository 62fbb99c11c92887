/**
 * The history checker: what the agents committed against what the hub holds. Pure.
 *
 * What an agent committed is known from the agent alone (commits.ts). A record is recognised by its content, so that a
 * record which a damaged outbox file moved to a new epoch is still the same record.
 *
 * 1. *Lost*: committed, not at the hub, and no `loss` record accounts for it.
 * 2. *Doubled*: at the hub more often than it was committed.
 * 3. *Foreign*: at the hub, never committed.
 * 4. *Out of order*: of one stream, within an epoch and a table, received before one with a lower number, without being flagged as backfill.
 * 5. *Unexplained gap*: a number that the hub's ledger settled without a record and that no `loss` record covers; or more
 *    numbers missing in an epoch than its `loss` records count.
 */
export interface Committed {
  readonly epoch: string;
  readonly seq: number;
  readonly content: string;
  readonly kind: string;
}

export interface Stored {
  readonly epoch: string;
  readonly seq: number;
  readonly content: string;
  readonly table: string;
  readonly stream: string;
  /** The hub says that it came after later ones. */
  readonly backfill: boolean;
  /** Rises with the order of receipt in its table. */
  readonly id: number;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** What a `loss` record at the hub says. */
export interface ReportedLoss extends Range {
  readonly epoch: string;
  readonly lost: number;
  readonly reason: string;
}

export interface Gaps {
  readonly epoch: string;
  readonly gaps: readonly Range[];
}

export interface History {
  readonly committed: readonly Committed[];
  readonly stored: readonly Stored[];
  readonly losses: readonly ReportedLoss[];
  readonly ledgers: readonly Gaps[];
}

export interface Verdict {
  readonly committed: number;
  readonly stored: number;
  /** Missing at the hub, and accounted for by `loss` records. */
  readonly givenUp: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly foreign: readonly string[];
  readonly outOfOrder: readonly string[];
  readonly unexplained: readonly string[];
}

/** A damaged file's loss is counted over all its numbers, so it has no ranges to compare with. */
const DAMAGE = 'outbox-corrupt';

export function check({ committed, stored, losses, ledgers }: History): Verdict {
  const expected = expectedOf(committed);
  const held = countsOf(stored.map((record) => record.content));
  const doubled: string[] = [];
  const foreign: string[] = [];
  for (const [content, count] of held) {
    const allowed = expected.get(content)?.length ?? 0;
    const where = () => namesOf(stored.filter((record) => record.content === content));
    if (allowed === 0) foreign.push(where());
    else if (count > allowed) doubled.push(where());
  }
  const missing = [...expected].flatMap(([content, places]) => places.slice(held.get(content) ?? 0));
  const lost = missing.filter((record) => !losses.some((loss) => accounts(loss, record)));
  return {
    committed: [...expected.values()].reduce((sum, places) => sum + places.length, 0),
    stored: stored.length,
    givenUp: missing.length - lost.length,
    lost: lost.map(nameOf),
    doubled,
    foreign,
    outOfOrder: outOfOrder(stored),
    unexplained: [...uncovered(ledgers, losses), ...undercounted(missing, losses)],
  };
}

/** How often each content has to be at the hub: as often as the epoch says that has it most often; with its last places. */
function expectedOf(committed: readonly Committed[]): Map<string, readonly Committed[]> {
  const byContent = new Map<string, Map<string, Committed[]>>();
  for (const record of committed) {
    const epochs = byContent.get(record.content) ?? new Map<string, Committed[]>();
    byContent.set(record.content, epochs);
    epochs.set(record.epoch, [...(epochs.get(record.epoch) ?? []), record]);
  }
  const most = (epochs: Map<string, Committed[]>) =>
    [...epochs.values()].reduce((best, places) => (places.length >= best.length ? places : best), []);
  return new Map([...byContent].map(([content, epochs]) => [content, most(epochs)]));
}

function accounts(loss: ReportedLoss, { epoch, seq }: Committed): boolean {
  return loss.epoch === epoch && loss.from <= seq && seq <= loss.to;
}

function outOfOrder(stored: readonly Stored[]): string[] {
  const found: string[] = [];
  const highest = new Map<string, Stored>();
  for (const record of stored.toSorted((a, b) => a.id - b.id)) {
    const key = `${record.table} ${record.epoch} ${record.stream}`;
    const before = highest.get(key);
    if (before && before.seq > record.seq && !record.backfill)
      found.push(`${nameOf(record)} came after ${nameOf(before)}`);
    if (!before || record.seq > before.seq) highest.set(key, record);
  }
  return found;
}

function uncovered(ledgers: readonly Gaps[], losses: readonly ReportedLoss[]): string[] {
  const found: string[] = [];
  for (const { epoch, gaps } of ledgers) {
    for (const { from, to } of gaps) {
      for (let seq = from; seq <= to; seq++) {
        const covered = losses.some((loss) => loss.epoch === epoch && loss.from <= seq && seq <= loss.to);
        if (!covered) found.push(`${epoch}:${seq}`);
      }
    }
  }
  return found;
}

function undercounted(missing: readonly Committed[], losses: readonly ReportedLoss[]): string[] {
  const counts = countsOf(missing.map((record) => record.epoch));
  return [...counts].flatMap(([epoch, count]) => {
    const reported = losses.filter((loss) => loss.epoch === epoch && loss.from > 0);
    const total = reported.reduce((sum, loss) => sum + loss.lost, 0);
    const exact = !reported.some((loss) => loss.reason === DAMAGE);
    const right = exact ? total === count : total >= count;
    return right ? [] : [`${epoch}: ${count} missing, its loss records count ${total}`];
  });
}

function countsOf(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function nameOf({ epoch, seq }: { epoch: string; seq: number }): string {
  return `${epoch}:${seq}`;
}

function namesOf(records: readonly Stored[]): string {
  return records.map(nameOf).join(' = ');
}
