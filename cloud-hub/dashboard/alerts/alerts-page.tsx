import { ChannelList } from './channel-list.tsx';
import { DeliveryList } from './delivery-list.tsx';
import { FiringList } from './firing-list.tsx';
import { RuleList } from './rule-list.tsx';
import { SilenceList } from './silence-list.tsx';

/** What fires, what is watched, where notifications go, and what became of them. */
export function AlertsPage() {
  return (
    <>
      <div class="page-head">
        <h1>Alerts</h1>
      </div>
      <div class="stack">
        <FiringList />
        <RuleList />
        <ChannelList />
        <SilenceList />
        <DeliveryList />
      </div>
    </>
  );
}
