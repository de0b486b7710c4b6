import { canBeAlone } from './alone.ts';
import { installComponents, mayInstall, missingComponents } from './components.ts';

/** Installs what is missing where that is allowed. Why the components cannot be started here, or null when they can. */
export function prepare(): string | null {
  if (missingComponents().length > 0 && mayInstall()) installComponents();
  const missing = missingComponents();
  if (missing.length > 0) {
    return `not installed: ${missing.join(', ')} (as root, with --install, they are installed from Debian)`;
  }
  return canBeAlone() ? null : 'this machine allows no network namespace';
}
