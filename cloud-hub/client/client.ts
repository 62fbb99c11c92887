/** The hub's HTTP API as functions, for the commands and for the dashboard. Every answer passes its schema before it is used. */
import { z } from 'zod';
import { streamAgreement } from '../contract/agreement.ts';
import { acknowledged, alert, delivery, type newSilence, silence } from '../contract/alert.ts';
import { channel, channelTest, type NewChannel } from '../contract/alert-channel.ts';
import { alertRule, type newAlertRule } from '../contract/alert-rule.ts';
import { auditCheck, auditEntry } from '../contract/audit.ts';
import type { NewCorrection } from '../contract/correction.ts';
import { device, deviceSecret, sequence } from '../contract/device.ts';
import { deviceLogLevels, deviceLogLine, type NewLogLevels } from '../contract/device-log.ts';
import { certificate, enrolment } from '../contract/enrolment.ts';
import { erasure, type NewErasure } from '../contract/erasure.ts';
import { event } from '../contract/event.ts';
import type { NewHold } from '../contract/hold.ts';
import {
  identity,
  invitation,
  type newToken,
  type newUser,
  session,
  token,
  tokenSecret,
  type User,
  user,
  type userRights,
} from '../contract/identity.ts';
import { model } from '../contract/model.ts';
import { normalEvent } from '../contract/normal.ts';
import { hybrid, opinion } from '../contract/opinion.ts';
import { page } from '../contract/page.ts';
import { problem } from '../contract/problem.ts';
import { type NewPushSubscription, pushKey, pushSubscription } from '../contract/push.ts';
import { quarantined } from '../contract/quarantined.ts';
import { reading, readingBucket } from '../contract/reading.ts';
import { type NewRollout, rollout, rolloutDevice, rolloutEvent, rolloutPreview } from '../contract/rollout.ts';
import { factorSecret, ownSignIn, providerStart, recoveryCodes, signInWays } from '../contract/sign-in.ts';
import { summary } from '../contract/summary.ts';
import { type automatic, type newThresholds, streamThresholds } from '../contract/threshold.ts';
import { createRequest, type Transport } from './request.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of the following page; absent on the last. */
  readonly next?: string | undefined;
}

/** With what somebody signs in. */
export type Proof =
  | { readonly code: string }
  | { readonly token: string }
  | { readonly name: string; readonly password: string; readonly code?: string };

export type Query = Readonly<Record<string, string | number | undefined>>;

export type Client = ReturnType<typeof clientOver>;

/** Where the API stands on a hub. */
export const API_BASE = '/api/v1';

/** The largest page that a hub gives. */
const PAGE = 500;

const part = encodeURIComponent;

/** The tag of no document: the hub says in its own words that somebody was quicker. */
const STALE = '"stale"';

const sameLabels = (a: User['scope'], b: User['scope']): boolean =>
  JSON.stringify(Object.entries(a ?? {}).toSorted()) === JSON.stringify(Object.entries(b ?? {}).toSorted());

/** A list that is never cut. */
const whole = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

/** `?a=1&b=2` of what is given; empty without any. */
export function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? '' : `?${given.map(([key, value]) => `${part(key)}=${part(String(value))}`).join('&')}`;
}

/** @throws ApiError from every function, in the words of the transport */
export function clientOver(transport: Transport) {
  const { ask, askTagged, send, bytes } = createRequest(transport);
  /** Makes a document, and writes over none. */
  const onlyNew = { 'if-none-match': '*' };

  const get = <T extends z.ZodType>(schema: T, path: string, query: Query = {}, signal?: AbortSignal) =>
    ask(schema, 'GET', path + queryText(query), { signal });

  const list =
    <T extends z.ZodType>(item: T, path: string) =>
    (query: Query = {}, signal?: AbortSignal): Promise<Page<z.infer<T>>> =>
      get(page(item), path, query, signal);

  return {
    ask,
    send,
    bytes,
    /** All items of a list, page by page. */
    async *pages<T extends z.ZodType>(path: string, item: T, query: Query = {}): AsyncGenerator<z.infer<T>> {
      let cursor: string | undefined;
      do {
        const { items, next } = await get(page(item), path, { ...query, limit: PAGE, cursor });
        yield* items;
        cursor = next;
      } while (cursor !== undefined);
    },

    me: () => get(identity, '/me'),
    signIn: (proof: Proof) => ask(identity, 'POST', '/sign-in', { body: proof }),
    /** @param body with a code of the second factor, for whoever has one */
    join: (body: { readonly invitation: string; readonly password: string; readonly code?: string }) =>
      ask(identity, 'POST', '/invitations/accept', { body }),
    signInWays: () => get(signInWays, '/sign-in/ways'),
    ownSignIn: (signal?: AbortSignal) => get(ownSignIn, '/me/sign-in', {}, signal),
    /** Begins a sign-in by the identity provider. */
    startProvider: (body: { readonly back?: string; readonly invitation?: string }) =>
      ask(providerStart, 'POST', '/sign-in/provider', { body }),
    connectProvider: (body: { readonly back?: string; readonly password: string }) =>
      ask(providerStart, 'POST', '/me/provider', { body }),
    beginFactor: (password: string) => ask(factorSecret, 'POST', '/me/second-factor', { body: { password } }),
    confirmFactor: (code: string) => ask(recoveryCodes, 'POST', '/me/second-factor/confirm', { body: { code } }),
    renewRecoveryCodes: (body: { readonly password: string; readonly code: string }) =>
      ask(recoveryCodes, 'POST', '/me/second-factor/recovery-codes', { body }),
    removeFactor: (body: { readonly password: string; readonly code: string }) =>
      send('POST', '/me/second-factor/remove', { body }),
    changePassword: (before: string, after: string) => send('PUT', '/me/password', { body: { before, after } }),
    signOut: () => send('POST', '/sign-out', { body: {} }),

    devices: list(device, '/devices'),
    device: (id: string, signal?: AbortSignal) => get(device, `/devices/${part(id)}`, {}, signal),
    addDevice: (id: string) => ask(deviceSecret, 'POST', '/devices', { body: { id } }),
    enrolments: list(enrolment, '/enrolments'),
    decideEnrolment: (id: string, verb: 'approve' | 'refuse') =>
      send('POST', `/enrolments/${part(id)}/${verb}`, { body: {} }),
    certificates: list(certificate, '/certificates'),
    renewDeviceToken: (id: string) => ask(deviceSecret, 'POST', `/devices/${part(id)}/token`),
    removeDevice: (id: string) => send('DELETE', `/devices/${part(id)}`),
    sequences: (id: string, signal?: AbortSignal) =>
      get(page(sequence), `/devices/${part(id)}/sequences`, {}, signal).then(({ items }) => items),

    deviceLogs: (id: string, query: Query = {}, signal?: AbortSignal) =>
      get(page(deviceLogLine), `/devices/${part(id)}/logs`, query, signal),
    logLevels: (id: string, signal?: AbortSignal) =>
      get(deviceLogLevels, `/devices/${part(id)}/log-levels`, {}, signal),
    setLogLevels: (id: string, body: NewLogLevels) =>
      ask(deviceLogLevels, 'PUT', `/devices/${part(id)}/log-levels`, { body }),
    resetLogLevels: (id: string) => send('DELETE', `/devices/${part(id)}/log-levels`),

    events: list(event, '/events'),
    correct: (id: string, body: NewCorrection) => ask(event, 'PUT', `/events/${part(id)}/correction`, { body }),
    takeCorrectionBack: (id: string) => send('DELETE', `/events/${part(id)}/correction`),
    hold: (id: string, body: NewHold) => ask(event, 'PUT', `/events/${part(id)}/hold`, { body }),
    release: (id: string) => send('DELETE', `/events/${part(id)}/hold`),
    /** The anomalies of a device that people have called normal. */
    normalEvents: (device: string, signal?: AbortSignal) =>
      get(whole(normalEvent), `/devices/${part(device)}/normal`, {}, signal).then(({ items }) => items),
    sayNormal: (event: string, isNormal: boolean) =>
      send(isNormal ? 'PUT' : 'DELETE', `/events/${part(event)}/normal`, isNormal ? { body: {} } : undefined),
    summaries: list(summary, '/summaries'),
    readings: list(reading, '/readings'),
    /** Newest first; a span without a reading is left out. */
    readingCourse: (query: Query, signal?: AbortSignal) =>
      get(page(readingBucket), '/readings/course', query, signal).then(({ items }) => items),
    problems: list(problem, '/problems'),
    quarantine: list(quarantined, '/quarantine'),

    opinions: list(opinion, '/opinions'),
    agreement: (device: string, stream: string, signal?: AbortSignal) =>
      get(streamAgreement, `/devices/${part(device)}/streams/${part(stream)}/agreement`, {}, signal),
    thresholds: (device: string, stream: string, precision: number, signal?: AbortSignal) =>
      get(streamThresholds, thresholdsOf(device, stream), { precision }, signal),
    setThresholds: (device: string, stream: string, body: z.input<typeof newThresholds>) =>
      send('PUT', thresholdsOf(device, stream), { body }),
    clearThresholds: (device: string, stream: string) => send('DELETE', thresholdsOf(device, stream)),
    undoThresholds: (device: string, stream: string) =>
      send('POST', `${thresholdsOf(device, stream)}/undo`, { body: {} }),
    /** @param bounds undefined: not any more */
    tuneThresholds: (device: string, stream: string, bounds: z.input<typeof automatic> | undefined) =>
      bounds
        ? send('PUT', `${thresholdsOf(device, stream)}/automatic`, { body: bounds })
        : send('DELETE', `${thresholdsOf(device, stream)}/automatic`),
    hybrid: (signal?: AbortSignal) => get(hybrid, '/hybrid', {}, signal),

    models: list(model, '/models'),
    setAlias: (name: string, alias: string, version: string) =>
      ask(model, 'PUT', `/models/${part(name)}/aliases/${part(alias)}`, { body: { version } }),
    removeAlias: (name: string, alias: string) => send('DELETE', `/models/${part(name)}/aliases/${part(alias)}`),
    removeModel: (name: string, version: string) => send('DELETE', `/models/${part(name)}/${part(version)}`),

    rollouts: list(rollout, '/rollouts'),
    rollout: (id: string, signal?: AbortSignal) => get(rollout, `/rollouts/${part(id)}`, {}, signal),
    rolloutWaves: (id: string, signal?: AbortSignal) =>
      get(rolloutPreview, `/rollouts/${part(id)}/waves`, {}, signal).then(({ waves }) => waves),
    rolloutDevices: (id: string, query: Query, signal?: AbortSignal) =>
      get(page(rolloutDevice), `/rollouts/${part(id)}/devices`, query, signal),
    /** Oldest first; `cursor` may also be the id of the last entry that is known. */
    rolloutHistory: (id: string, query: Query, signal?: AbortSignal) =>
      get(page(rolloutEvent), `/rollouts/${part(id)}/history`, query, signal),
    previewRollout: (request: NewRollout) =>
      ask(rolloutPreview, 'POST', '/rollouts', { body: { ...request, dryRun: true } }),
    createRollout: (request: NewRollout) => ask(rollout, 'POST', '/rollouts', { body: { ...request, dryRun: false } }),
    /** @param waive names of gates that are overruled from now on; only with `resume` */
    turnRollout: (id: string, verb: 'pause' | 'resume' | 'abort', waive: readonly string[] = []) =>
      ask(rollout, 'POST', `/rollouts/${part(id)}/${verb}`, { body: waive.length > 0 ? { waive } : {} }),

    alerts: list(alert, '/alerts'),
    acknowledge: (id: string) => ask(alert, 'PUT', `/alerts/${part(id)}/acknowledgement`, { body: {} }),
    acknowledgeByLink: (token: string) => ask(acknowledged, 'POST', '/alert-acknowledgements', { body: { token } }),
    pushKey: () => get(pushKey, '/push-key'),
    pushSubscriptions: (signal?: AbortSignal) => get(whole(pushSubscription), '/push-subscriptions', {}, signal),
    subscribeBrowser: (body: NewPushSubscription) => ask(pushSubscription, 'POST', '/push-subscriptions', { body }),
    unsubscribeBrowser: (id: string) => send('DELETE', `/push-subscriptions/${part(id)}`),
    alertDeliveries: list(delivery, '/alert-deliveries'),
    alertSilences: list(silence, '/alert-silences'),
    addSilence: (body: z.input<typeof newSilence>) => ask(silence, 'POST', '/alert-silences', { body }),
    endSilence: (id: string) => send('DELETE', `/alert-silences/${part(id)}`),
    alertRules: (signal?: AbortSignal) => get(whole(alertRule), '/alert-rules', {}, signal),
    setAlertRule: (name: string, body: z.input<typeof newAlertRule>) =>
      ask(alertRule, 'PUT', `/alert-rules/${part(name)}`, { body }),
    addAlertRule: (name: string, body: z.input<typeof newAlertRule>) =>
      ask(alertRule, 'PUT', `/alert-rules/${part(name)}`, { body, headers: onlyNew }),
    removeAlertRule: (name: string) => send('DELETE', `/alert-rules/${part(name)}`),
    alertChannels: (signal?: AbortSignal) => get(whole(channel), '/alert-channels', {}, signal),
    setAlertChannel: (name: string, body: NewChannel) => ask(channel, 'PUT', `/alert-channels/${part(name)}`, { body }),
    addAlertChannel: (name: string, body: NewChannel) =>
      ask(channel, 'PUT', `/alert-channels/${part(name)}`, { body, headers: onlyNew }),
    removeAlertChannel: (name: string) => send('DELETE', `/alert-channels/${part(name)}`),
    users: (signal?: AbortSignal) => get(whole(user), '/users', {}, signal),
    addUser: (body: z.input<typeof newUser>) => ask(invitation, 'POST', '/users', { body }),
    inviteUser: (name: string) => ask(invitation, 'POST', `/users/${part(name)}/invitation`, { body: {} }),
    /** Only if he still is as he was seen. @throws ApiError 412 when somebody has changed him meanwhile */
    async changeUserRights(seen: User, body: z.input<typeof userRights>) {
      const path = `/users/${part(seen.name)}`;
      const { value, tag } = await askTagged(user, 'GET', path);
      const isSame = tag !== undefined && value.role === seen.role && sameLabels(value.scope, seen.scope);
      return ask(user, 'PUT', path, { body, headers: { 'if-match': isSame ? tag : STALE } });
    },
    removeUser: (name: string) => send('DELETE', `/users/${part(name)}`),
    resetFactor: (name: string) => send('DELETE', `/users/${part(name)}/second-factor`),
    partFromProvider: (name: string) => send('DELETE', `/users/${part(name)}/provider`),
    tokens: (signal?: AbortSignal) => get(whole(token), '/tokens', {}, signal),
    addToken: (body: z.input<typeof newToken>) => ask(tokenSecret, 'POST', '/tokens', { body }),
    removeToken: (id: string) => send('DELETE', `/tokens/${part(id)}`),
    sessions: list(session, '/sessions'),
    endSession: (id: string) => send('DELETE', `/sessions/${part(id)}`),
    erasures: list(erasure, '/erasures'),
    orderErasure: (body: NewErasure) => ask(erasure, 'POST', '/erasures', { body }),
    audit: list(auditEntry, '/audit'),
    checkAudit: () => get(auditCheck, '/audit/check'),

    testAlertChannel: (name: string) => ask(channelTest, 'POST', `/alert-channels/${part(name)}/test`, { body: {} }),
  };
}

const thresholdsOf = (device: string, stream: string) => `/devices/${part(device)}/streams/${part(stream)}/thresholds`;
