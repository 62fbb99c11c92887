/**
 * Which model looks at a sample. The setting `secondOpinionModels` is a list of rules, the first that fits decides:
 * `stream:gate-1/door=plates:hub,label:person+asks:event=people@1.0.0`. What no rule names goes to `secondOpinion`. Pure.
 */
import type { SampleHeader } from '../../shared/contract/messages/sample.ts';
import type { ModelRule } from '../config-opinions.ts';

type Asked = Pick<SampleHeader, 'stream' | 'event' | 'objects'>;

/** @returns NAME:ALIAS or NAME@VERSION */
export function chooseModel(rules: readonly ModelRule[], other: string, device: string, header: Asked): string {
  return rules.find((rule) => fits(rule, device, header))?.model ?? other;
}

function fits(rule: ModelRule, device: string, { stream, event, objects }: Asked): boolean {
  const is = (wanted: string | undefined, value: string) => wanted === undefined || wanted === '*' || wanted === value;
  if (!is(rule.device, device) || !is(rule.stream, stream)) return false;
  if (rule.asks !== undefined && rule.asks !== (event ? 'event' : 'frame')) return false;
  const { label } = rule;
  if (label === undefined) return true;
  return event ? event.label === label : objects.some((object) => object.label === label);
}

/** Every model that the settings name, the one for all others first. */
export function modelsOf(rules: readonly ModelRule[], other: string): readonly string[] {
  return [...new Set([other, ...rules.map(({ model }) => model)])];
}
