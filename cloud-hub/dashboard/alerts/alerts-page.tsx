import { useServices } from '../services.ts';
import { BrowserList } from './browser-list.tsx';
import { ChannelList } from './channel-list.tsx';
import { DeliveryList } from './delivery-list.tsx';
import { FiringList } from './firing-list.tsx';
import { RuleList } from './rule-list.tsx';
import { SilenceList } from './silence-list.tsx';

/** What fires, what is watched, where notifications go, and what became of them. Rules and channels are about all devices. */
export function AlertsPage() {
  const who = useServices().session.state.value;
  const seesAll = who.kind === 'signed-in' && who.identity.scope === undefined;
  return (
    <>
      <div class="page-head">
        <h1>Alerts</h1>
      </div>
      <div class="stack">
        <FiringList />
        {seesAll && (
          <>
            <RuleList />
            <ChannelList />
          </>
        )}
        <BrowserList />
        {seesAll && (
          <>
            <SilenceList />
            <DeliveryList />
          </>
        )}
      </div>
    </>
  );
}
