/** The kinds of channels: one line each. */
import type { ChannelKind } from '../../contract/alert-channel.ts';
import { alertmanager } from './alertmanager.ts';
import type { Send } from './channel.ts';
import { email } from './email.ts';
import { mqtt } from './mqtt.ts';
import { ntfy } from './ntfy.ts';
import { push } from './push.ts';
import { webhook } from './webhook.ts';

export const channelSenders: Readonly<Record<ChannelKind, Send>> = {
  ...{ webhook, mqtt, ntfy, alertmanager, email, push },
};
