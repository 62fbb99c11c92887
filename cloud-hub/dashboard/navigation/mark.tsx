/** The product's mark: a sentry's view, and the point it watches. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0f766e" />
      <path
        d="M6.5 9.5 16 24.5 25.5 9.5"
        fill="none"
        stroke="#fff"
        stroke-width="3"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
      <circle cx="16" cy="11" r="3.2" fill="#fbbf24" />
    </svg>
  );
}
