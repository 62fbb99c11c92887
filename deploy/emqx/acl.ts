/**
 * Who may what at EMQX (5.0 and later), as its file of rules (`acl.conf`, Erlang terms), out of the topic table: the same rights as with the embedded
 * broker. The user name has to be the common name of the client certificate (`peer_cert_as_username = cn`). Pure.
 */

import { HUB_USER } from '../../cloud-hub/broker/mosquitto/files.ts';
import {
  type ChannelName,
  channels,
  filterOfAll,
  isUp,
  ownDownFilter,
  topicOf,
  type UpChannel,
} from '../../shared/contract/channels.ts';

const names = Object.keys(channels) as ChannelName[];
/** EMQX puts the user name of the client in its place, and takes signs of filters in it as they are. */
const USER = '$' + '{username}';

export function emqxAcl(): string {
  const up = names.filter((name): name is UpChannel => isUp(name));
  const down = names.filter((name) => !isUp(name));
  const rule = (who: string, act: string, topics: readonly string[]) =>
    `{allow, ${who}, ${act}, [${topics.map((topic) => JSON.stringify(topic)).join(', ')}]}.`;
  const hub = `{user, ${JSON.stringify(HUB_USER)}}`;
  const everyDevice = (name: ChannelName) => topicOf('+', name);
  return `${[
    '%% Written by `npm run mosquitto -- emqx` out of shared/contract/channels.ts.',
    // The hub is no device: nobody has these topics.
    `{deny, all, all, [${JSON.stringify(ownDownFilter(HUB_USER).replace(/down\/#$/, '#'))}]}.`,
    rule(hub, 'subscribe', up.map(filterOfAll)),
    rule(hub, 'publish', down.map(everyDevice)),
    // The hub is no device, and whoever has no name is nobody.
    `{deny, ${hub}, all, ["#"]}.`,
    rule(
      'all',
      'publish',
      up.map((name) => topicOf(USER, name)),
    ),
    rule('all', 'subscribe', [ownDownFilter(USER)]),
    '{deny, all}.',
  ].join('\n')}\n`;
}
