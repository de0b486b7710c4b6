import type { Verb } from './verb.ts';

interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  /** Loaded only when it is called: `bithive --help` must not open a model runtime. */
  load(): Promise<Verb>;
}

/** Every verb, in the order of the help text. A test holds the summaries to those of the verbs. */
export const verbs: readonly VerbEntry[] = [
  {
    name: 'serve',
    summary: 'Runs the engine until it is told to stop.',
    load: async () => (await import('./serve.ts')).serve,
  },
  {
    name: 'demo',
    summary: "Plays a small hospital's morning through an engine of its own and shows what arrives.",
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'status',
    summary:
      'Shows the running engine: channels and their doors, what waits, destinations, alerts, store, disk.',
    load: async () => (await import('./status.ts')).status,
  },
  {
    name: 'doctor',
    summary: 'Checks this machine, the settings and the data folder, and says what to do.',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'hl7 send',
    summary: 'Sends the HL7 v2 messages of a file over MLLP and prints the answers.',
    load: async () => (await import('./hl7-send.ts')).hl7Send,
  },
  {
    name: 'message search',
    summary: 'Finds messages by clinical key, channel, type, status or time.',
    load: async () => (await import('./message-search.ts')).messageSearchVerb,
  },
  {
    name: 'message show',
    summary: 'Shows one message: where it came from, what it led to, every attempt.',
    load: async () => (await import('./message-show.ts')).messageShow,
  },
  {
    name: 'message replay',
    summary: 'Has the running engine accept the bytes of a message again.',
    load: async () => (await import('./message-replay.ts')).messageReplay,
  },
  {
    name: 'study show',
    summary: 'Shows a study: versions and what completed them, series, order, reports and where they went.',
    load: async () => (await import('./study-show.ts')).studyShow,
  },
  {
    name: 'study route',
    summary: 'Says which rules would take the DICOM files, or those of a folder, to which models, and why.',
    load: async () => (await import('./study-route.ts')).studyRoute,
  },
  {
    name: 'study held',
    summary: 'Lists studies whose reports are held: the order or the images name another patient.',
    load: async () => (await import('./study-held.ts')).studyHeld,
  },
  {
    name: 'study release',
    summary: 'Lets the held reports of a study go out.',
    load: async () => (await import('./study-word.ts')).studyRelease,
  },
  {
    name: 'study reject',
    summary: 'Drops the held reports of a study: the images are of somebody else.',
    load: async () => (await import('./study-word.ts')).studyReject,
  },
  {
    name: 'study complete',
    summary: 'Judges an open study complete: nothing more is awaited.',
    load: async () => (await import('./study-word.ts')).studyComplete,
  },
  {
    name: 'mapping run',
    summary: 'Converts the HL7 v2 files of a folder to FHIR R4 Bundles, without an engine.',
    load: async () => (await import('./mapping-run.ts')).mappingRun,
  },
  {
    name: 'mapping explain',
    summary: 'Says where each element of the Bundle of a message came from, and what no row takes.',
    load: async () => (await import('./mapping-explain.ts')).mappingExplain,
  },
  {
    name: 'mapping test',
    summary: 'Runs the tests of an overlay, or those of the rows that come with the engine.',
    load: async () => (await import('./mapping-test.ts')).mappingTest,
  },
  {
    name: 'mapping diff',
    summary: 'Runs kept messages through the map in force and another overlay, and shows what differs.',
    load: async () => (await import('./mapping-diff.ts')).mappingDiff,
  },
  {
    name: 'mapping deploy',
    summary: 'Puts an overlay in force, in the running engine without a restart.',
    load: async () => (await import('./mapping-deploy.ts')).mappingDeploy,
  },
  {
    name: 'mapping rollback',
    summary: 'Puts an earlier version of the map in force again.',
    load: async () => (await import('./mapping-rollback.ts')).mappingRollback,
  },
  {
    name: 'mapping versions',
    summary: 'Lists the versions of the map: who deployed which overlay when.',
    load: async () => (await import('./mapping-versions.ts')).mappingVersions,
  },
  {
    name: 'dicom echo',
    summary: 'Asks a DICOM node whether it is there (C-ECHO).',
    load: async () => (await import('./dicom-echo.ts')).dicomEcho,
  },
  {
    name: 'dicom store',
    summary: 'Sends DICOM files and folders to a DICOM node (C-STORE) and says what it answers to each.',
    load: async () => (await import('./dicom-store.ts')).dicomStore,
  },
  {
    name: 'dicom find',
    summary: 'Asks a DICOM node what it holds (C-FIND).',
    load: async () => (await import('./dicom-find.ts')).dicomFind,
  },
  {
    name: 'dicom stow',
    summary: 'Sends DICOM files to an archive by STOW-RS and says what became of each.',
    load: async () => (await import('./dicom-stow.ts')).dicomStow,
  },
  {
    name: 'dicom dump',
    summary: 'Prints the elements of a DICOM file as a tree, or as DICOM JSON.',
    load: async () => (await import('./dicom-dump.ts')).dicomDump,
  },
  {
    name: 'dicom pixels',
    summary: 'Decodes the pixels of a DICOM file and prints their size and SHA-256 as one line of JSON.',
    load: async () => (await import('./dicom-pixels.ts')).dicomPixels,
  },
  {
    name: 'dicom render',
    summary: 'Writes a frame of a DICOM file as a PNG image, as a viewer would show it.',
    load: async () => (await import('./dicom-render.ts')).dicomRender,
  },
  {
    name: 'dicom project',
    summary: 'Writes a projection of a CT or MR series as a PNG image.',
    load: async () => (await import('./dicom-project.ts')).dicomProject,
  },
  {
    name: 'dicom anonymize',
    summary: 'De-identifies DICOM files by PS3.15 Annex E and writes them under their new UIDs.',
    load: async () => (await import('./dicom-anonymize.ts')).dicomAnonymize,
  },
  {
    name: 'dicom reidentify',
    summary: 'Gives results that were computed on de-identified objects their patient and study back.',
    load: async () => (await import('./dicom-reidentify.ts')).dicomReidentify,
  },
  {
    name: 'audit show',
    summary: 'Shows the audit trail: who read or did what, when, with what outcome.',
    load: async () => (await import('./audit-show.ts')).auditShow,
  },
  {
    name: 'audit verify',
    summary: 'Recomputes the hash chain of the audit trail.',
    load: async () => (await import('./audit-verify.ts')).auditVerify,
  },
  {
    name: 'backup',
    summary: 'Copies everything that the engine keeps into an empty folder, while it works.',
    load: async () => (await import('./backup.ts')).backup,
  },
  {
    name: 'restore',
    summary: 'Puts a backup into an empty data folder and checks it.',
    load: async () => (await import('./restore.ts')).restore,
  },
  {
    name: 'config check',
    summary: 'Checks the settings and compiles the channel files without starting anything.',
    load: async () => (await import('./config-check.ts')).configCheck,
  },
  {
    name: 'config explain',
    summary: 'Says what value a setting has, and which file, variable or flag gave it.',
    load: async () => (await import('./config-explain.ts')).configExplain,
  },
];
