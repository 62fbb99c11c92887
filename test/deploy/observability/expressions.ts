/** Every expression of the rules and dashboards in deploy/observability, and the metrics that one names. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const folder = path.join(import.meta.dirname, '../../../deploy/observability');
export const ruleFiles = ['vedette', 'vedette-slo'].map((name) => path.join(folder, `prometheus/${name}.rules.yml`));

const rule = z.strictObject({
  record: z.string().optional(),
  alert: z.string().optional(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z
    .strictObject({ severity: z.enum(['critical', 'warning', 'info']).optional(), slo: z.string().optional() })
    .optional(),
  annotations: z.strictObject({ summary: z.string(), description: z.string().optional() }).optional(),
});
const rules = z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(rule) })) });

export const readRules = () =>
  ruleFiles.flatMap((file) => rules.parse(parse(readFileSync(file, 'utf8'))).groups.flatMap((g) => g.rules));

const dashboard = z.object({
  uid: z.string(),
  title: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
  panels: z.array(
    z.object({
      id: z.number(),
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })),
    }),
  ),
});
export type Dashboard = z.infer<typeof dashboard>;

export const dashboardFolder = path.join(folder, 'grafana/dashboards');
export const readDashboards = (): Dashboard[] =>
  readdirSync(dashboardFolder).map((file) =>
    dashboard.parse(JSON.parse(readFileSync(path.join(dashboardFolder, file), 'utf8'))),
  );

/** As Grafana asks it: with the variables that a person has chosen. */
export const chosen = (expr: string) =>
  expr.replaceAll(/\$(instance|stream)/g, '.*').replaceAll('$__rate_interval', '1m');

export interface Named {
  readonly name: string;
  /** Label and value, where the expression asks for one value or some; the value is undefined for a pattern of everything. */
  readonly labels: readonly { readonly label: string; readonly values: readonly string[] }[];
}

const METRIC = /\b((?:vedette_|process_|nodejs_)\w+|up)\b(?:\{([^}]*)\})?/g;
const LABEL = /(\w+)\s*(=~|=)\s*"([^"]*)"/g;

/** The metrics in an expression, without those that a recording rule makes (`vedette:…`). */
export function namesIn(expr: string): Named[] {
  return [...expr.matchAll(METRIC)].map(([, name = '', selector = '']) => ({
    name,
    labels: [...selector.matchAll(LABEL)].map(([, label = '', , value = '']) => ({
      label,
      values: /^[\w|]+$/.test(value) ? value.split('|') : [],
    })),
  }));
}
