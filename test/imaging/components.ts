import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';

/** What the tests of imaging start: an archive with DICOMweb, the DICOM tool kit, the checker of objects. All from Debian. */
export const debianPackages = ['orthanc', 'orthanc-dicomweb', 'dcmtk', 'dicom3tools', 'iproute2'] as const;

export const orthancProgram = '/usr/sbin/Orthanc';
export const dicomWebPlugin = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';

const programs = [
  orthancProgram,
  dicomWebPlugin,
  '/usr/bin/storescu',
  '/usr/bin/storescp',
  '/usr/bin/dciodvfy',
] as const;

/** The files that are not there; none when all is installed. */
export const missingComponents = (): readonly string[] => programs.filter((path) => !existsSync(path));

/** Root in CI (`CI=true`), or root that asked for it by `--install`. */
export function mayInstall(): boolean {
  return process.getuid?.() === 0 && (process.env.CI === 'true' || process.argv.includes('--install'));
}

/**
 * Installs what is missing. Debian's package would start an archive of its own that listens on all interfaces: while it installs, no
 * service may start (policy-rc.d, exit 101).
 */
export function installComponents(): void {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n');
    chmodSync(policy, 0o755);
  }
  try {
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update'], { stdio: 'ignore' });
    const asked = ['install', '-y', '--no-install-recommends', ...debianPackages];
    spawnSync('apt-get', asked, { stdio: ['ignore', 'ignore', 'inherit'], env: environment });
  } finally {
    if (isOurs) rmSync(policy);
  }
}
