/**
 * Every limit of the engine in one place. Bytes, milliseconds and counts; a site may lower or raise those that
 * `config/default.yaml` names, the others are safety rails.
 */
export const limits = {
  /** Bodies up to this many bytes live in the message row; larger ones in the blob store. */
  inlineBodyBytesMax: 256 * 1024,

  hl7MessageBytesMax: 64 * 1024 * 1024,
  hl7ConnectionsMax: 1024,
  hl7IdleMs: 30_000,
  hl7SegmentsMax: 200_000,
  hl7ControlIdCharsMax: 199,
  hl7AnswerMs: 30_000,
  /** What all connections of one MLLP door hold of unfinished frames, of messages without their answer and of answers that are not read. */
  hl7BufferedBytesMax: 256 * 1024 * 1024,
  /** Bytes of these that each connection may hold whatever the others do: large messages never hold up small ones. */
  hl7ConnectionBytesFree: 64 * 1024,
  /** Where that memory is used up, a connection must finish its frame within this time once it is its turn. */
  hl7BufferTurnMs: 30_000,
  /** A sender must read some of its answers within this time. */
  hl7AnswersUnreadMs: 60_000,
  /** Base64 of a document in a message (OBX-5, ED) that is longer leaves it for the blob store, and the mapped Bundle for a Binary of its own. */
  hl7DocumentInlineBytesMax: 256 * 1024,
  /** Messages of one batch that are accepted at once. */
  hl7BatchMessagesInFlight: 64,
  /** Issues of one batch that are kept. */
  hl7BatchIssuesMax: 100,

  httpBodyBytesMax: 16 * 1024 * 1024,
  httpHeadMs: 10_000,
  httpRequestMs: 30_000,
  httpConnectionsMax: 2048,
  jsonDepthMax: 64,
  bundleEntriesMax: 10_000,
  /** JSON values within one FHIR resource; past it validation would stall the process. */
  fhirResourceElementsMax: 50_000,
  /** Issues that one answer lists. */
  fhirIssuesMax: 200,
  /** FHIR requests being read, validated or stored at once; each may hold a body of `httpBodyBytesMax`. */
  fhirRequestsMax: 64,
  /** Pages of one question for what changed; the next question goes on where it ended. */
  fhirPollPagesMax: 1_000,
  /** Resources that are read around one changed resource, and kept while a round lasts. */
  fhirPollReferencesMax: 2_000,
  /** Versions that a poll knows it has handed over; the store knows more. */
  fhirPollRecentMax: 10_000,

  stowBodyBytesMax: 16 * 1024 * 1024 * 1024,
  stowPartBytesMax: 8 * 1024 * 1024 * 1024,
  stowPartsMax: 10_000,
  stowPartHeaderBytesMax: 16 * 1024,
  /** Within this time of waiting for its client, a STOW body must end or bring `stowProgressBytesMin`: at least 8 KiB a second. */
  stowIdleMs: 30_000,
  stowProgressBytesMin: 240 * 1024,
  stowRequestsMax: 64,
  /** Instances of one request that are being synced and stored while the next ones are read. */
  stowFinishingMax: 8,

  /** An archive's own time for a request of DICOMweb, beside that of the transfer at the least rate that is waited for. */
  dicomwebAnswerMs: 300_000,
  dicomwebBytesPerSecondMin: 64 * 1024,
  /** What we declare as the largest P-DATA-TF. Data streams through, so that it costs no memory; larger ones save nothing any more. */
  dimsePduBytesMax: 128 * 1024,
  /** An association request with all of its presentation contexts. */
  dimseAssociateBytesMax: 256 * 1024,
  dimseCommandBytesMax: 64 * 1024,
  /** A data set that is read whole: an identifier, an attribute list. */
  dimseDataSetBytesMax: 16 * 1024 * 1024,
  dimseObjectBytesMax: 8 * 1024 * 1024 * 1024,
  /** From connection to association, and from the last PDU to the end of the connection (PS3.8 9.1.5). */
  dimseArtimMs: 30_000,
  /** Between two requests on an association. */
  dimseIdleMs: 300_000,
  /** Within this time of waiting, a data set must end or bring `dimseProgressBytesMin`: at least 8 KiB a second. */
  dimseProgressMs: 30_000,
  dimseProgressBytesMin: 240 * 1024,
  /** The retrieval of one study. */
  dicomwebRetrieveMs: 3_600_000,
  /** One page of a search. */
  dicomwebSearchBytesMax: 64 * 1024 * 1024,
  /** Instances that archives were asked to vouch for and that nothing was heard of yet; past it the oldest are asked for anew. */
  dimseCommitmentsAwaitedMax: 100_000,
  /** For an answer of a node that the engine calls. */
  dimseAnswerMs: 60_000,
  /** Searches of the images that the engine holds, at once, and the newest instances that one looks at which names no patient, study or order. */
  dicomwebSearchesMax: 16,
  dicomwebScanMessagesMax: 20_000,
  /** Instances that such a search reads at a time, and results that are made at a time: the engine's own work goes on between. */
  dicomwebPageMessages: 500,
  dicomwebResultsPerTurn: 100,
  /** Frames that wait for the thread which reads them for viewers, and those of one request. */
  dicomwebFramesWaitingMax: 256,
  dicomwebFramesPerRequestMax: 1_000,

  /** A file that is taken from a folder. */
  fileBytesMax: 256 * 1024 * 1024,
  /** Files of one look at a folder; the others wait for the next. */
  filesPerLook: 10_000,
  fileNameCharsMax: 200,
  /** One step of a conversation with an SFTP server. */
  sftpStepMs: 30_000,

  dicomHeaderBytesMax: 64 * 1024 * 1024,
  dicomDepthMax: 64,
  dicomElementsMax: 1_000_000,
  /** Of one data set or item whose elements are not in the order that the standard demands. */
  dicomUnsortedElementsMax: 50_000,
  /** Of encapsulated pixel data in a sequence: an icon, which is one frame (PS3.3 C.7.6.1.1.6). */
  dicomIconFragmentsMax: 10_000,
  /** Of a value that the engine keeps of an instance; the standard allows some hundred. */
  dicomFactBytesMax: 16 * 1024,
  dicomInflateBytesMax: 256 * 1024 * 1024,
  dicomInflateRatioMax: 100,
  dicomPixelBytesMax: 512 * 1024 * 1024,
  /** A series as one block of 4 bytes a voxel. */
  dicomVolumeBytesMax: 1024 * 1024 * 1024,
  dicomVolumeSlicesMax: 10_000,
  /** Pixels of a side of a projection, and samples of a ray. */
  dicomProjectionSideMax: 1024,
  studyInstancesMax: 100_000,
  /** Procedure steps of modalities (MPPS) that one study remembers. */
  studyStepsMax: 64,
  /** Earlier studies that a model may be given. */
  priorStudiesMax: 16,
  /** A PDF that a report carries; a longer one is left out, its text stands in the HTML form. */
  reportPdfBytesMax: 1024 * 1024,
  /** Structured reports of one study by one model that are remembered, so that a later one names the one before it. */
  dicomReportsKeptMax: 64,
  /** Orders of one patient that images without an accession number may be of. */
  ordersOfPatientMax: 32,
  /** Held reports that an operator is shown at once. */
  heldReportsMax: 1_000,
  /** Reports of one study, one a model, that are kept until its order comes. */
  reportsAwaitingOrderMax: 64,

  /** An object that is de-identified is held in memory, as it came and as it leaves. */
  deidentifyObjectBytesMax: 768 * 1024 * 1024,
  /** Objects that wait for the thread which de-identifies them; more are tried again later. */
  deidentifyWaitingMax: 256,
  /** One object, with the decoding of what is masked; a thread that needs longer is replaced. */
  deidentifyRunMs: 600_000,
  /** JavaScript heap of that thread: 990,000 items need 800 MB. The bytes of an object live outside of it. */
  deidentifyHeapMbMax: 2_048,
  /** Names, numbers and dates of one object that are looked for in the texts that stay. */
  deidentifyIdentifiersMax: 500,
  /** A table or measurement up to this size is looked through for them too. */
  deidentifySweepBytesMax: 4 * 1024 * 1024,
  /** What of one object is looked through at most; one with more is refused. */
  deidentifySweepTotalBytesMax: 32 * 1024 * 1024,
  /** Originals of one study that are read at most to turn one result back. */
  reidentifyOriginalsReadMax: 1_000,
  /** Objects of a study that the thread which turns results back is told at a time. */
  reidentifyInstancesAtOnce: 1_000,
  /** One result with its originals; the thread is replaced where it needs longer. Its channel waits. */
  reidentifyRunMs: 120_000,
  /** What the compressed parts of a document in a result may be inflated to, all together. */
  reidentifyInflateBytesMax: 256 * 1024 * 1024,
  deidentifyMaskRulesMax: 1_000,
  deidentifyMaskBoxesMax: 100,

  /** Store operations waiting for the next commit; past it `accept` answers BH_STORE_BUSY. */
  storeQueueOpsMax: 20_000,
  storeGroupOpsMax: 2_000,
  /** Bodies of what waits for the next commit, and those of one commit. */
  storeQueueBytesMax: 256 * 1024 * 1024,
  storeGroupBytesMax: 32 * 1024 * 1024,
  duplicateWindowMessages: 500_000,
  searchRowsMax: 1_000,
  searchKeysPerMessageMax: 64,
  searchKeyCharsMax: 256,

  deliveryAttemptsMax: 1_000,
  deliveryBodyBytesMax: 64 * 1024 * 1024,
  deliveryAnswerBytesMax: 4 * 1024 * 1024,
  retryFirstMs: 500,
  retryMaxMs: 300_000,
  leaseMs: 30_000,

  /** DICOM objects up to this many bytes are read for inference. */
  inferenceObjectBytesMax: 256 * 1024 * 1024,
  /** One image through decode, preprocess and model; a worker that needs longer is replaced. */
  inferenceRunMs: 60_000,
  /** Jobs that wait in memory for a worker; the others wait in the outbox. */
  inferenceQueueJobsMax: 1_000,
  inferenceWorkersMax: 256,
  /** JavaScript heap of one worker. Pixels and the model live outside of it, bounded by the limits of the object and the manifest. */
  inferenceWorkerHeapMbMax: 512,
  inferenceSessionsMax: 2,
  /** Images of one study that are tried until the model gives an answer. */
  inferenceImagesMax: 4,
  /** Masks of one finding, one for each label and image, and their bits when they are inflated. */
  findingMasksMax: 4_096,
  findingMaskBytesMax: 32 * 1024 * 1024,
  /** Images of one study that a model which masks each of them is run on. */
  inferenceMaskedImagesMax: 512,
  /** Attempts that the engine did not survive, after which a job is refused. */
  inferenceLostAttemptsMax: 5,

  /** Conditions of rows, filters and routes. */
  expressionCharsMax: 4_096,
  expressionDepthMax: 32,
  /** What one message's mapping report lists at most. */
  mapIssuesMax: 1_000,
  mapResidueMax: 2_000,
  /** What an explanation of one message lists at most. */
  mapExplanationsMax: 20_000,
  /** All files of one overlay together. */
  mapOverlayCharsMax: 8 * 1024 * 1024,
  /** Messages that one comparison of maps reads at most. */
  mapDiffMessagesMax: 100_000,

  /** Store and blob doors close when less than this many bytes of the disk are free. */
  diskFreeBytesMin: 512 * 1024 * 1024,
} as const;
