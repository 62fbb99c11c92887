/** The rules and dashboards for Prometheus and Grafana, held against a hub and an agent that run, in a real Prometheus. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { streamState } from '../../../shared/contract/messages/report.ts';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { freePort } from '../../support/free-port.ts';
import { hasPrometheus, promtool, startPrometheus, withoutPrometheus } from '../../support/prometheus.ts';
import { configureAgent, startAgent, startHub } from '../../support/stack.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { chosen, folder, namesIn, readDashboards, readRules, ruleFiles } from './expressions.ts';

const prometheusFolder = path.join(folder, 'prometheus');
const testFiles = ['vedette.tests.yml', 'vedette-slo.tests.yml'];

test('dashboards: panels do not overlap, each names its lines, variables exist', () => {
  for (const { panels, templating, title } of readDashboards()) {
    const variables = new Set(['__rate_interval', ...templating.list.map(({ name }) => name)]);
    for (const { id, gridPos: a, targets } of panels) {
      for (const { id: other, gridPos: b } of panels) {
        const isApart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        if (id !== other) expect(isApart, `${title}: ${id} and ${other}`).toBe(true);
      }
      for (const { expr } of targets)
        for (const [, name = ''] of expr.matchAll(/\$(\w+)/g)) expect(variables, expr).toContain(name);
      if (targets.length > 1) for (const { legendFormat } of targets) expect(legendFormat).not.toBe('');
    }
  }
});

test.runIf(hasPrometheus)(`promtool takes the rules and their tests${withoutPrometheus}`, () => {
  expect(promtool(['check', 'config', 'prometheus.yml'], prometheusFolder)).toMatchObject({ code: 0 });
  for (const file of testFiles) expect(promtool(['test', 'rules', file], prometheusFolder).text).toContain('SUCCESS');
});

const alertTests = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })).default([]),
    }),
  ),
});

test('every alert has a test in which it fires', () => {
  const fires = testFiles
    .flatMap((file) => alertTests.parse(parse(readFileSync(path.join(prometheusFolder, file), 'utf8'))).tests)
    .flatMap((one) => one.alert_rule_test)
    .filter((one) => one.exp_alerts.length > 0);
  const alerts = readRules().flatMap(({ alert }) => alert ?? []);
  expect(alerts.toSorted()).toEqual([...new Set(fires.map(({ alertname }) => alertname))].toSorted());
});

const samples = z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()) })) });
const targets = z.object({
  activeTargets: z.array(z.object({ health: z.string(), labels: z.record(z.string(), z.string()) })),
});
const groups = z.object({
  groups: z.array(
    z.object({ rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })) }),
  ),
});

test.runIf(hasPrometheus)(
  `a real Prometheus asks a hub and an agent: every name and label of rules and dashboards is there${withoutPrometheus}`,
  async () => {
    const home = tempFolder();
    const hub = await startHub(home);
    const agentPort = await freePort();
    const walker = { source: { url: await writeClip(home, { fps: 20 }), loop: true }, model: 'walker', summaryS: 1 };
    const config = { models: { walker: writeWalkerPackage(home) }, streams: { walker }, api: { port: agentPort } };
    startAgent(await configureAgent(home, hub, config));
    const at = (port: number) => ({ static_configs: [{ targets: [`127.0.0.1:${port}`] }] });
    const configFile = path.join(home, 'prometheus.yml');
    writeFileSync(
      configFile,
      stringify({
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: ruleFiles,
        scrape_configs: [
          { job_name: 'vedette-hub', ...at(hub.httpPort) },
          { job_name: 'vedette-agent', ...at(agentPort) },
        ],
      }),
    );
    const prometheus = await startPrometheus(configFile);
    const ask = async (expr: string) =>
      samples.parse(await prometheus.get(`query?query=${encodeURIComponent(expr)}`)).result.map(({ metric }) => metric);

    await until(async () => {
      const { activeTargets } = targets.parse(await prometheus.get('targets'));
      return activeTargets.length === 2 && activeTargets.every(({ health }) => health === 'up');
    }, 'both are asked');
    await until(async () => (await ask('vedette_stream_latency_seconds')).length > 0, 'a summary of the agent');
    await until(
      async () => (await ask('sum(vedette_devices{state="online"}) == 1')).length > 0,
      'the device is online',
    );

    const typed = new Map<string, string>();
    for (const port of [hub.httpPort, agentPort])
      for (const [, name = '', type = ''] of (await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).matchAll(
        /^# TYPE (\S+) (\S+)$/gm,
      ))
        typed.set(name, type);
    const exprs = [
      ...readRules().map(({ expr }) => expr),
      ...readDashboards().flatMap(({ panels }) => panels.flatMap((p) => p.targets.map(({ expr }) => expr))),
    ];
    // What is counted only once it has happened is known by its type, and by no series.
    const unseen = [
      'vedette_samples_total',
      'vedette_refused_connections_total',
      'vedette_denied_messages_total',
      'vedette_errors_total',
    ];
    const withoutTls = ['vedette_tls_certificate_expiry_timestamp_seconds'];
    for (const expr of exprs) {
      // Throws where Prometheus cannot parse it.
      await ask(chosen(expr));
      for (const { name, labels } of namesIn(expr)) {
        if (name === 'up') continue;
        const base = name.replace(/_(bucket|count|sum)$/, '');
        expect([...typed.keys()], expr).toContain(typed.has(name) ? name : base);
        if (unseen.includes(name) || withoutTls.includes(name)) continue;
        const series = await until(async () => {
          const found = await ask(name);
          return found.length > 0 ? found : undefined;
        }, name);
        for (const { label, values } of labels) {
          const found = series.map((metric) => metric[label]);
          expect(found.filter((value) => value !== undefined).length, `${name}{${label}}`).toBeGreaterThan(0);
          if (label === 'state' || label === 'fate' || label === 'job' || label === 'quantile')
            for (const value of values)
              expect([...found, ...streamState.options], `${name}{${label}}`).toContain(value);
        }
      }
    }

    await until(async () => {
      const all = groups.parse(await prometheus.get('rules')).groups.flatMap((group) => group.rules);
      expect(all.filter(({ health }) => health === 'err')).toEqual([]);
      return all.length === readRules().length && all.every(({ health }) => health === 'ok');
    }, 'every rule is evaluated');
    hub.started.process.kill('SIGKILL');
    await until(
      async () => (await ask('ALERTS{alertname="VedetteHubDown", alertstate="pending"}')).length === 1,
      'the alert of a hub that is down',
    );
  },
);
