import { FactorEnrol } from '../access/factor-enrol.tsx';
import { Mark } from '../navigation/mark.tsx';
import { useServices } from '../services.ts';

/** Who has to have a second factor sets it up before he sees anything else. */
export function EnrolPage() {
  const { session } = useServices();
  return (
    <main class="sign-in">
      <div class="panel enrol">
        <h1 class="brand">
          <Mark />
          <span>Vedette</span>
        </h1>
        <p class="notice warn" role="status">
          Your role needs a second factor on this hub. Set one up to go on.
        </p>
        <FactorEnrol onDone={() => void session.begin()} />
        <button type="button" class="button quiet" onClick={() => void session.signOut()}>
          Sign out
        </button>
      </div>
    </main>
  );
}
