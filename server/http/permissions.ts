import type { RoleName } from '../../config/index.ts';

/** What a caller may do. `ingest:<path>` is the right to send to a source mounted there. */
export const apiPermissions = [
  'message:read',
  'message:replay',
  'delivery:read',
  'delivery:resolve',
  'status:read',
  'metrics:read',
  'audit:read',
  'backup:create',
  'mapping:deploy',
  'study:decide',
] as const;
export type ApiPermission = (typeof apiPermissions)[number];
export type Permission = ApiPermission | `ingest:${string}` | 'public';

const reader: readonly ApiPermission[] = ['message:read', 'delivery:read', 'status:read', 'metrics:read'];

const granted: Readonly<Record<RoleName, (permission: Permission) => boolean>> = {
  ingest: (permission) => permission.startsWith('ingest:'),
  reader: (permission) => includes(reader, permission),
  operator: (permission) =>
    includes([...reader, 'message:replay', 'delivery:resolve', 'study:decide'], permission),
  auditor: (permission) => includes(['audit:read', 'status:read'], permission),
  admin: () => true,
};

function includes(list: readonly Permission[], permission: Permission): boolean {
  return list.includes(permission);
}

/** Who sent a request, after authentication. */
export interface Caller {
  /** `api-token`, the name of a configured token, or the subject of an access token. */
  readonly subject: string;
  readonly roles: readonly RoleName[];
}

/** Nothing is allowed that no role grants. */
export function permits(caller: Caller, permission: Permission): boolean {
  return permission === 'public' || caller.roles.some((role) => granted[role](permission));
}
