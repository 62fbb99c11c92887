/** Looks at devices: their state, and the values of their readings. Inside a transaction, which the engine opens. */
import type { ReadingRecord, SummaryRecord } from '../../shared/contract/messages/record.ts';
import { selects } from '../rollout/cohort.ts';
import type { StoredRecord } from '../store/records.ts';
import type { HubStore } from '../store/store.ts';
import { look } from './conditions/device.ts';
import type { DeviceFacts } from './conditions/facts.ts';
import type { Finding } from './conditions/finding.ts';
import { readingFinding } from './conditions/record.ts';
import { seriesFinding } from './conditions/series.ts';
import { end, type JudgeTools, judge } from './judge.ts';
import type { LastRecords } from './last-records.ts';
import type { PastScores } from './past-scores.ts';
import type { Series } from './series.ts';
import { isOfSeries } from './timing.ts';
import type { WatchedRule, WatchedRules } from './watched-rules.ts';

export interface WatchSources {
  readonly store: Pick<HubStore, 'devices' | 'certificates' | 'alertSources'>;
  readonly last: LastRecords;
  readonly series: Series;
  readonly past: PastScores;
  readonly watchedSince: number;
}

export class DeviceWatch {
  readonly #tools: JudgeTools;
  readonly #sources: WatchSources;

  constructor(tools: JudgeTools, sources: WatchSources) {
    this.#tools = tools;
    this.#sources = sources;
  }

  /** Everything of a device that time or news may have changed. */
  async look(rules: WatchedRules, device: string, now: number): Promise<void> {
    const { standings } = this.#tools;
    const facts = await this.#factsOf(device, now);
    if (!facts) this.#sources.last.forget(device);
    for (const name of standings.rules()) if (!rules.all.has(name)) await this.#endAll(name, device, now);
    for (const rule of rules.all.values()) {
      if (!facts || !selects(rule.selector, facts)) await this.#endAll(rule.name, device, now, rule);
      else if (rule.timing.isMoment) await this.#endQuiet(rule, device, now);
      else if (isOfSeries(rule.condition.kind)) await this.#goOn(rule, device, now);
      else await this.#lookAt(rule, facts, now);
    }
  }

  /** Readings and summaries that came. */
  async values(rules: WatchedRules, items: readonly StoredRecord[], now: number): Promise<void> {
    for (const item of items) {
      const { device } = item;
      for (const rule of rules.series) {
        const finding = this.#findingOf(rule, item);
        if (!finding || (!finding.holds && !this.#tools.standings.get(rule.name, device, finding.subject))) continue;
        // Of a device that has too many alerts of the rule already, no more are told apart.
        if (this.#tools.standings.subjectFor(rule.name, device, finding.subject) !== finding.subject) continue;
        const labels = await this.#sources.store.devices.labels(device);
        if (selects(rule.selector, { id: device, labels })) await judge(this.#tools, rule, device, finding, now);
      }
    }
  }

  #findingOf(rule: WatchedRule, { device, record, receivedAt }: StoredRecord): Finding | undefined {
    const { condition, name, changedAt } = rule;
    const fires = this.#fires(rule, device);
    if (record.kind === 'reading' && condition.kind === 'reading')
      return readingFinding(condition, record as ReadingRecord, fires);
    if (record.kind !== 'reading' && record.kind !== 'summary') return undefined;
    // A rule that was written anew begins anew.
    const key = JSON.stringify([name, changedAt, device]);
    const values = record as ReadingRecord | SummaryRecord;
    return seriesFinding(this.#sources.series, key, condition, values, receivedAt, fires);
  }

  async #lookAt(rule: WatchedRule, facts: DeviceFacts, now: number): Promise<void> {
    const { standings } = this.#tools;
    // A rule that was written just now waits as long as any other.
    const known = {
      ...facts,
      watchedSince: Math.max(facts.watchedSince, rule.condition.kind === 'absence' ? rule.changedAt : 0),
    };
    const findings = (await look(rule.condition, known, now, this.#fires(rule, facts.id))) ?? [];
    for (const finding of findings) await judge(this.#tools, rule, facts.id, finding, now);
    const found = new Set(findings.map(({ subject }) => subject));
    for (const [subject, { text }] of [...standings.of(rule.name, facts.id)])
      if (!found.has(subject)) await judge(this.#tools, rule, facts.id, { subject, holds: false, text }, now);
  }

  /** Readings say no news: what they said last goes on. */
  async #goOn(rule: WatchedRule, device: string, now: number): Promise<void> {
    for (const [subject, { holds, text }] of [...this.#tools.standings.of(rule.name, device)])
      await judge(this.#tools, rule, device, { subject, holds, text }, now);
  }

  async #endQuiet(rule: WatchedRule, device: string, now: number): Promise<void> {
    const { standings, store, later } = this.#tools;
    for (const [subject, { row, lastAt }] of [...standings.of(rule.name, device)]) {
      const quietAt = lastAt + rule.timing.keepMs;
      if (now < quietAt) {
        later(device, quietAt);
        continue;
      }
      if (row !== undefined) await end(store, rule, row, now);
      standings.set(rule.name, device, subject, undefined);
    }
  }

  /** The rule is off or gone, or the device is. */
  async #endAll(name: string, device: string, now: number, rule?: WatchedRule): Promise<void> {
    const { standings, store } = this.#tools;
    for (const [subject, { row }] of [...standings.of(name, device)]) {
      if (row !== undefined)
        await store.alerts.resolve(row, now, { notify: rule?.timing.notifyEnd ?? false, keep: rule !== undefined });
      standings.set(name, device, subject, undefined);
    }
  }

  #fires(rule: WatchedRule, device: string) {
    return (subject: string) => this.#tools.standings.get(rule.name, device, subject)?.standing.phase === 'firing';
  }

  async #factsOf(device: string, now: number): Promise<DeviceFacts | undefined> {
    const { store, last, past, watchedSince } = this.#sources;
    const found = await store.devices.standing(device);
    if (!found) return undefined;
    return {
      id: device,
      ...found,
      watchedSince,
      certificateEndsAt: () => store.certificates.endOf(device),
      scores: (stream, from, to) => past.of(store.alertSources, device, stream, from, to, now - to),
      lastRecordAt: (stream, kind) => last.at(device, stream, kind),
    };
  }
}
