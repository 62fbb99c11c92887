import { useMayAdminister } from '../session/use-role.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { AccessTabs } from './access-tabs.tsx';
import { ErasureList } from './erasure-list.tsx';

/** Requests of persons: what was recorded of a device is erased, at the hub and on the device. */
export function ErasuresPage() {
  const isAdmin = useMayAdminister();
  return (
    <>
      <div class="page-head">
        <h1>Access</h1>
      </div>
      <AccessTabs page="erasures" />
      {isAdmin ? (
        <div class="stack">
          <ErasureList />
        </div>
      ) : (
        <EmptyState
          title="Only for admins"
          detail="What is erased is gone for everybody: your role does not order it."
        />
      )}
    </>
  );
}
