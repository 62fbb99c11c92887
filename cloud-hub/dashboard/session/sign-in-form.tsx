import type { ComponentChildren } from 'preact';
import { Mark } from '../navigation/mark.tsx';

interface SignInFormProps {
  /** What has to be said first. */
  readonly notice?: ComponentChildren;
  readonly failure: string | undefined;
  readonly isBusy: boolean;
  readonly verb: string;
  readonly onSubmit: () => void;
  /** The fields. */
  readonly children: ComponentChildren;
  /** Other ways, and help. */
  readonly below?: ComponentChildren;
}

/** The frame that signing in and joining share. */
export function SignInForm({ notice, failure, isBusy, verb, onSubmit, children, below }: SignInFormProps) {
  return (
    <main class="sign-in">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <h1 class="brand">
          <Mark />
          <span>Vedette</span>
        </h1>
        {notice && (
          <p class="notice warn" role="status">
            <span>{notice}</span>
          </p>
        )}
        {children}
        {failure && (
          <p class="bad-text" role="alert">
            {failure}
          </p>
        )}
        <button type="submit" class="button primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : verb}
        </button>
        {below}
      </form>
    </main>
  );
}
