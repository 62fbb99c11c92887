import { useServices } from '../services.ts';
import { Confirm } from '../ui/confirm.tsx';

interface UserEndProps {
  readonly what: 'remove' | 'reset' | 'part';
  readonly name: string;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks before something of a user ends: the user, the second factor, the account of the identity provider. */
export function UserEnd({ what, name, onDone, onClose }: UserEndProps) {
  const { api } = useServices();
  const { title, verb, text, work } = {
    remove: {
      title: `Remove ${name}?`,
      verb: 'Remove',
      text: `Sessions of ${name} end at once. What was done by that name stays in the audit.`,
      work: () => api.removeUser(name),
    },
    reset: {
      title: `Reset the second factor of ${name}?`,
      verb: 'Reset',
      text: `The password alone signs ${name} in then, until a new second factor is set up. Be sure who asks you for this. Open sessions end.`,
      work: () => api.resetFactor(name),
    },
    part: {
      title: `Part ${name} from the identity provider?`,
      verb: 'Part',
      text: `${name} signs in with a password then, or is connected again. Open sessions end.`,
      work: () => api.partFromProvider(name),
    },
  }[what];
  return (
    <Confirm
      title={title}
      verb={verb}
      isGrave
      work={work}
      onDone={() => {
        onClose();
        onDone();
      }}
      onClose={onClose}
    >
      <p>{text}</p>
    </Confirm>
  );
}
