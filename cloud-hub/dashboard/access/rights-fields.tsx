import type { Role } from '../../contract/identity.ts';
import { FormField } from '../ui/form-field.tsx';

const roles = {
  viewer: 'viewer: looks',
  operator: 'operator: also changes models, rollouts and alerts',
  admin: 'admin: also decides who may do what',
} as const satisfies Record<Role, string>;

interface RightsFieldsProps {
  readonly role: Role;
  readonly scope: string;
  readonly onRole: (role: Role) => void;
  readonly onScope: (scope: string) => void;
}

/** What somebody may do, and with which devices. */
export function RightsFields({ role, scope, onRole, onScope }: RightsFieldsProps) {
  return (
    <>
      <div class="form-field">
        <label for="rights-role">Role</label>
        <select
          id="rights-role"
          value={role}
          onChange={({ currentTarget }) => {
            if (isRole(currentTarget.value)) onRole(currentTarget.value);
          }}
        >
          {Object.entries(roles).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </div>
      {role !== 'admin' && (
        <FormField
          name="scope"
          title="Only devices with these labels"
          value={scope}
          placeholder="every device"
          help="Such as site=berlin, floor=2: a device has to have all of them."
          onInput={onScope}
        />
      )}
    </>
  );
}

function isRole(text: string): text is Role {
  return text in roles;
}
