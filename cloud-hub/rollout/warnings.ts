/** What a dry run warns of: devices that are not there, labels that nobody has, and devices that cannot do what is asked. Pure. */
import type { Report } from '../../shared/contract/messages/report.ts';
import type { RolloutTarget, Selector } from '../contract/rollout.ts';
import { type Labelled, selects } from './cohort.ts';

const NAMES_SHOWN = 5;

/**
 * @param roster all devices
 * @param reportOf the last report of a device; undefined before its first
 */
export async function warningsFor(
  { selector, target }: { readonly selector: Selector; readonly target: RolloutTarget },
  roster: readonly Labelled[],
  reportOf: (device: string) => Promise<Report | undefined>,
): Promise<string[]> {
  const ids = new Set(roster.map(({ id }) => id));
  const selected = roster.filter((device) => selects(selector, device));
  const unknown = (selector.devices ?? []).filter((id) => !ids.has(id));
  const warnings = unknown.length > 0 ? [`there is no device ${namesOf(unknown)}`] : [];
  for (const [key, wanted] of Object.entries(selector.labels ?? {})) {
    const missing = [wanted]
      .flat()
      .filter((value) => !roster.some((one) => selects({ labels: { [key]: value } }, one)));
    if (missing.length > 0)
      warnings.push(`no device has the label ${missing.map((value) => `${key}=${value}`).join(' or ')}`);
  }
  if (selected.length === 0) warnings.push('no device is selected: the rollout would wait until one is');
  if (target.kind !== 'model') return warnings;
  const reports: { id: string; report: Report }[] = [];
  for (const { id } of selected) {
    const report = await reportOf(id);
    if (report) reports.push({ id, report });
  }
  const such = (test: (report: Report) => boolean) => reports.flatMap(({ id, report }) => (test(report) ? [id] : []));
  const closed = such(({ takesPackages }) => takesPackages === false);
  if (closed.length > 0)
    warnings.push(
      `${namesOf(closed)} cannot take packages: \`agent.yaml\` has no \`updates\` there; the rollout would wait for it`,
    );
  const { model } = target;
  const without = such(({ models }) => models !== undefined && !Object.hasOwn(models, model));
  if (without.length > 0) warnings.push(`${namesOf(without)} has no entry "${model}" under \`models\``);
  return warnings;
}

function namesOf(ids: readonly string[]): string {
  const rest = ids.length - NAMES_SHOWN;
  return `${ids.slice(0, NAMES_SHOWN).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
