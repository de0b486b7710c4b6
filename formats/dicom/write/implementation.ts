/**
 * Who wrote a file or speaks on an association (PS3.10 7.1, PS3.7 D.3.3.2): a UUID of version 5 under `2.25` (PS3.5 B.2), made once from the
 * name `bithive` in the DNS namespace, and a name of at most 16 characters.
 */
export const implementationClassUid = '2.25.230198888031071260876148936309059582599';
export const implementationVersionName = 'BITHIVE';
