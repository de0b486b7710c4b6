/** Who wrote a file or speaks on an association (PS3.7 D.3.3.2): a UID of ours under 2.25 and a name of at most 16 characters. */
export const implementation = {
  implementationClassUid: '2.25.230198888031071260876148936309059582599',
  implementationVersionName: 'BITHIVE',
} as const;
