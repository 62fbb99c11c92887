/** The agent killed outright at random instants of an update. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../agent/models/store.ts';
import { deviceState } from '../../../agent/reconcile/state.ts';
import type { DesiredModel } from '../../../shared/contract/messages/desired.ts';
import { writeClip } from '../../support/clip.ts';
import { startDesiringHub, walkerVersion, writeUpdatingAgent } from '../../support/desiring-hub.ts';
import type { Started } from '../../support/program.ts';
import { seeded } from '../../support/random.ts';
import { startAgent } from '../../support/stack.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** 200 are promised; a few of them in each run of the tests. */
const KILLS = Number(process.env.VEDETTE_TEST_UPDATE_KILLS ?? 6);
const SEED = 20_261_125;
/** From the start of the agent; an update from the first byte to the hand-over takes about so long on two cores. */
const SPAN_MS = 9000;
const POLICY = { shadowFrames: 5, shadowTimeoutS: 60, minAgreement: 0.8, maxLatencyRatio: 100, maxErrorRate: 0.01 };

test(`killed at ${KILLS} random instants of an update, a verified model runs afterwards`, {
  timeout: 60_000 + KILLS * 60_000,
}, async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 100, fps: 20 });
  const hub = await startDesiringHub(folder, 'box');
  onTestFinished(() => hub.stop());
  const configFile = writeUpdatingAgent(folder, hub, clip);
  const wanted: DesiredModel[] = [];
  for (const version of ['2.0.0', '3.0.0', '4.0.0'])
    wanted.push({ ...(await hub.publish(walkerVersion(folder, version))), proof: POLICY });
  const published = new Set(wanted.map((w) => w.digest));
  const store = openStore(path.join(folder, 'data', 'models'), 0);
  const next = seeded(SEED);
  const served = new Map<string, number>();
  const end = (agent: Started) => {
    agent.process.kill('SIGKILL');
    return agent.ended;
  };
  let updates = 0;

  /** What lies on disk is whole, and names only what was published, and has proven itself here. */
  const requireVerified = async (what: string) => {
    const active = readState(folder)?.models.walker?.active;
    if (active?.digest === undefined) return;
    expect(published).toContain(active.digest);
    expect(await store.open(active.digest), what).toBeDefined();
    expect(active.proof?.chosen, what).toBe('fp32');
    expect(active.shadow?.frames, what).toBeGreaterThanOrEqual(POLICY.shadowFrames);
  };
  const requireRunning = async (agent: Started, what: string) => {
    const version = await until(() => runningVersion(agent.stderr()), `${what} the stream runs`, 60_000);
    served.set(version, (served.get(version) ?? 0) + 1);
    expect(['1.0.0', ...wanted.map((w) => w.version)]).toContain(version);
  };

  for (let kill = 0; kill < KILLS; ) {
    const ask = wanted[updates % wanted.length];
    hub.desire(ask ? { walker: ask } : {});
    hub.breakAfter = next() < 0.5 ? 400 : undefined;
    // At whatever it is doing, its own start included.
    const agent = startAgent(configFile);
    await new Promise((resolve) => setTimeout(resolve, next() * SPAN_MS));
    await end(agent);
    await requireVerified(`after kill ${++kill}`);

    const again = startAgent(configFile);
    await requireRunning(again, `after kill ${kill}`);
    await new Promise((resolve) => setTimeout(resolve, next() * SPAN_MS));
    await end(again);
    await requireVerified(`after kill ${++kill}`);
    // When it has come to an end, one way or the other, the next one is asked for.
    const model = readState(folder)?.models.walker;
    if ([model?.active?.digest, ...(model?.failures.map((f) => f.digest) ?? [])].includes(ask?.digest)) updates++;
  }
  await requireRunning(startAgent(configFile), 'after the last kill');
  console.log(
    `${updates} updates came to an end; versions that ran after a kill: ${JSON.stringify(Object.fromEntries(served))}`,
  );
});

function readState(folder: string) {
  let text: string;
  try {
    text = readFileSync(path.join(folder, 'data', 'models.json'), 'utf8');
  } catch {
    return undefined;
  }
  return deviceState.parse(JSON.parse(text));
}

/** Of the model that answers the stream, by the agent's log. */
function runningVersion(log: string): string | undefined {
  const line = log.split('\n').find((l) => l.includes('"msg":"stream running"'));
  return line && /"version":"([\d.]+)"/.exec(line)?.[1];
}
