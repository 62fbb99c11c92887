/**
 * Makes this box a device of a hub. The steps, each of which a crash may follow:
 *
 *   1. enrolment.json   the key, before anything is sent: the same key asks again, and the claim counts once
 *   2. root.json        with which the trust in models begins, where the hub has one
 *   3. agent.yaml       a first configuration, unless there is one
 *   4. identity.json    from here on the box is a device
 *   5. enrolment.json   is removed
 *
 * Before step 4 the box can enrol, again with the same claim; after it, it is enrolled.
 */
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import {
  CA_PATH,
  ENROL_PATH,
  type EnrolAnswer,
  type Enrolled,
  enrolAnswer,
  MQTT_PATH,
} from '../../shared/contract/enrolment.ts';
import { name } from '../../shared/contract/names.ts';
import { problemDocument } from '../../shared/contract/problem-document.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { judgeChain } from '../../shared/pki/chain.ts';
import { parseClaim } from '../../shared/pki/claim.ts';
import type { ServerTrust } from '../../shared/pki/dial.ts';
import { type Fetch, fetchOver } from '../../shared/pki/fetch.ts';
import { fingerprintOf, keyFingerprintOf } from '../../shared/pki/fingerprint.ts';
import { certificateRequest, keyPem, newKey } from '../../shared/pki/keys.ts';
import { certificatesOf } from '../../shared/pki/pem.ts';
import type { TimeRange } from '../../shared/pki/time.ts';
import { checkPair, writeIdentity } from './file.ts';
import { firstConfig } from './first-config.ts';
import { KnowsTime, type Surroundings } from './holder.ts';

export interface EnrolOptions extends Surroundings {
  /** `https://host:port`. */
  readonly hub: string;
  readonly claim: string;
  readonly device: string;
  /** Folder of agent.yaml. */
  readonly folder: string;
  /** Absolute path of the folder of what changes while the agent runs: identity.json, root.json, the data; default: the same. */
  readonly stateFolder?: string;
  /** Authorities to trust. */
  readonly anchors?: readonly X509Certificate[];
  /** Fingerprint of the hub's root. */
  readonly fingerprint?: string;
  /** Can a broker be reached there? */
  readonly reaches: (url: string, trust: ServerTrust, time: () => TimeRange) => Promise<boolean>;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** It cannot work, whenever it is tried: the message says what to do. */
export class EnrolFault extends Error {
  override readonly name = 'EnrolFault';
}

export interface EnrolResult {
  readonly configFile: string;
  /** Was agent.yaml written now? */
  readonly isNewConfig: boolean;
  readonly broker: string;
}

const REQUEST_MS = 30_000;
/** Beside identity.json, while an enrolment is not finished. */
export const PENDING_FILE = 'enrolment.json';

const pending = z.strictObject({ device: name, key: z.string().max(4096) });

export const filesOf = (folder: string, stateFolder = folder) => ({
  pending: path.join(stateFolder, PENDING_FILE),
  root: path.join(stateFolder, 'root.json'),
  config: path.join(folder, 'agent.yaml'),
  identity: path.join(stateFolder, 'identity.json'),
});

/** @throws EnrolFault; Error when it may go better later */
export async function enrol(options: EnrolOptions): Promise<EnrolResult> {
  const { device, folder, stateFolder = folder, print } = options;
  const files = filesOf(folder, stateFolder);
  if (existsSync(files.identity)) {
    rmSync(files.pending, { force: true });
    throw new EnrolFault(`this box is enrolled already: ${files.identity} exists. Remove it to enrol again`);
  }
  const knows = new KnowsTime(options);
  const time = () => knows.range();
  const { trust, claimed } = await findTrust(options, time);
  const fetch = fetchOver({ trust, time, clock: options.clock });
  const key = keyFor(files.pending, device);
  const request = await certificateRequest(device, key);
  print(`the key of this device has the fingerprint ${keyFingerprintOf(createPrivateKey(key))}`);

  const answer = await untilLetIn(options, fetch, request);
  const { certificate } = answer;
  checkAnswer(answer, key, claimed, time);
  const roots = answer.hasOwnCertificate ? { roots: answer.roots } : anchorsText(options);
  const broker = await chooseBroker(answer, options, trust, time);
  if (answer.trustRoot !== undefined) writeDurably(files.root, answer.trustRoot, 0o644);
  const isNewConfig = !existsSync(files.config);
  const hasRoot = answer.trustRoot !== undefined;
  // Beside the configuration, so that the folder can be moved as a whole; elsewhere by its absolute path.
  const state = stateFolder === folder ? '.' : stateFolder;
  if (isNewConfig) writeDurably(files.config, firstConfig({ device, broker, hub: options.hub, hasRoot, state }), 0o644);
  writeIdentity(files.identity, { device, hub: options.hub, ...roots, current: { key, certificate } });
  rmSync(files.pending, { force: true });
  return { configFile: files.config, isNewConfig, broker };
}

/** Whom to trust: who was given, who has the fingerprint, whom the claim names, or the authorities of the system. */
async function findTrust(
  { hub, claim, anchors, fingerprint, clock, signal }: EnrolOptions,
  time: () => TimeRange,
): Promise<{ trust: ServerTrust; claimed: string | undefined }> {
  const parsed = parseClaim(claim);
  if (!parsed)
    throw new EnrolFault('this is no claim: `vedette-hub claim create` prints one that begins with vedette1.');
  if (fingerprint !== undefined && parsed.root !== undefined && parsed.root !== fingerprint)
    throw new EnrolFault(`this claim is for another hub: its root has the fingerprint ${parsed.root}`);
  const pin = fingerprint ?? parsed.root;
  if (anchors) {
    if (pin === undefined || anchors.some((anchor) => fingerprintOf(anchor) === pin))
      return { trust: { anchors }, claimed: pin };
    throw new EnrolFault(`none of the given authorities has the fingerprint ${pin}: the claim is for another hub`);
  }
  if (pin === undefined) return { trust: 'system', claimed: undefined };
  // Whoever answers may say what he likes: only a root with this fingerprint is taken.
  const anybody = fetchOver({ trust: 'anybody', time, clock });
  const response = await anybody(new URL(CA_PATH, hub), { signal: timed(signal) });
  const text = await response.text();
  const root = (response.ok ? readCertificates(text) : []).find((candidate) => fingerprintOf(candidate) === pin);
  if (!root)
    throw new EnrolFault(`the hub at ${hub} does not have the root ${pin}: is it another hub, or somebody between?`);
  return { trust: { anchors: [root] }, claimed: pin };
}

function readCertificates(text: string): X509Certificate[] {
  try {
    return certificatesOf(text);
  } catch {
    return [];
  }
}

/** The key of an enrolment that was begun, or a new one; on disk before it is used. */
function keyFor(file: string, device: string): string {
  if (existsSync(file)) {
    try {
      const found = pending.parse(JSON.parse(readFileSync(file, 'utf8')));
      createPrivateKey(found.key);
      if (found.device === device) return found.key;
    } catch {
      // Damaged: nothing was promised to this key that a new one cannot have.
    }
  }
  const key = keyPem(newKey());
  writeDurably(file, `${JSON.stringify({ device, key })}\n`, 0o600);
  return key;
}

async function untilLetIn(options: EnrolOptions, fetch: Fetch, request: string): Promise<Enrolled> {
  const { claim, clock, print, signal } = options;
  let hasPrinted = false;
  for (;;) {
    const answer = await ask(options.hub, fetch, claim.trim(), request, signal);
    if (answer.state === 'enrolled') return answer;
    if (!hasPrinted) print('waiting for a person to let this device in: compare the fingerprint in the dashboard');
    hasPrinted = true;
    await clock.sleep(answer.retryS * 1000, signal);
  }
}

async function ask(
  hub: string,
  fetch: Fetch,
  claim: string,
  request: string,
  signal: AbortSignal,
): Promise<EnrolAnswer> {
  const response = await fetch(new URL(ENROL_PATH, hub), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ claim, request }),
    signal: timed(signal),
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const detail = problemDocument.safeParse(body).data?.detail ?? response.statusText;
    const text = `the hub refused (${response.status}): ${detail}`;
    throw response.status >= 500 || response.status === 429 ? new Error(text) : new EnrolFault(text);
  }
  const parsed = enrolAnswer.safeParse(body);
  if (!parsed.success) throw new Error(`${hub} did not answer as a Vedette hub does: is the address right?`);
  return parsed.data;
}

/** Is this what was asked for? Nothing is written before. */
function checkAnswer(answer: Enrolled, key: string, pin: string | undefined, time: () => TimeRange): void {
  const { certificate, device, roots } = answer;
  try {
    checkPair({ key, certificate }, device);
    const anchors = certificatesOf(roots);
    const judged = judgeChain({ chain: certificatesOf(certificate), anchors, purpose: 'client', time: time() });
    if (!judged.ok) throw new Error(judged.message);
    if (pin !== undefined && answer.hasOwnCertificate && !anchors.some((anchor) => fingerprintOf(anchor) === pin))
      throw new Error(`the root ${pin} is not among the roots that came`);
  } catch (error) {
    throw new Error(`the hub's answer cannot be used: ${messageOf(error)}`);
  }
}

function anchorsText({ anchors }: EnrolOptions): { readonly roots?: string } {
  return anchors ? { roots: anchors.map((anchor) => anchor.toString().trim()).join('\n') } : {};
}

/** The hub's MQTT port where it can be reached, else MQTT through the port of HTTPS. */
async function chooseBroker(
  { broker }: Enrolled,
  { hub, reaches, print }: EnrolOptions,
  trust: ServerTrust,
  time: () => TimeRange,
): Promise<string> {
  if ('url' in broker) return broker.url;
  const { hostname, host } = new URL(hub);
  const straight = `mqtts://${hostname}:${broker.port}`;
  if (await reaches(straight, trust, time)) return straight;
  const over = `wss://${host}${MQTT_PATH}`;
  print(`${straight} cannot be reached from here: MQTT goes through ${over}`);
  return over;
}

function timed(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]);
}
