/**
 * Every refusal that the engine can give, with the answer of each protocol. The reference page docs/reference/errors.md is
 * generated from it.
 *
 * - `http`: status of FHIR, DICOMweb and API answers.
 * - `ack` and `err3`: HL7 v2 acknowledgement code (MSA-1, original mode) and HL7 table 0357 code of ERR-3.
 * - `dicom`: status of STOW FailureReason (PS3.18 10.5.3) and DIMSE (PS3.7 C).
 * - `permanent`: the same input will be refused again; a sender must not repeat it unchanged.
 */
export interface ErrorEntry {
  readonly title: string;
  /** What the reader of the answer should do next. */
  readonly next: string;
  readonly http: number;
  readonly ack: 'AE' | 'AR';
  readonly err3: '100' | '101' | '102' | '103' | '200' | '201' | '202' | '203' | '207';
  readonly dicom: number;
  readonly permanent: boolean;
}

const entry = (
  title: string,
  next: string,
  http: number,
  ack: ErrorEntry['ack'],
  err3: ErrorEntry['err3'],
  dicom: number,
  permanent: boolean,
): ErrorEntry => ({ title, next, http, ack, err3, dicom, permanent });

const failed = 0x0110;
const notUnderstood = 0xc000;
const outOfResources = 0xa700;

// biome-ignore format: a table reads best one row a line.
export const catalogue = {
  BH_INTERNAL: entry('Unexpected failure', 'Look up the message id in the log and report it.', 500, 'AE', '207', failed, false),
  BH_STOPPING: entry('The engine is stopping', 'Send again when it is back.', 503, 'AE', '207', outOfResources, false),

  BH_STORE_FULL: entry('The disk is full', 'Free space in the data folder; the engine goes on by itself.', 507, 'AE', '207', outOfResources, false),
  BH_STORE_IO: entry('The store could not write', 'Check the disk; the engine reopens the store before it accepts again.', 503, 'AE', '207', outOfResources, false),
  BH_STORE_BUSY: entry('Too much waits for the disk', 'Send again later.', 503, 'AE', '207', outOfResources, false),
  BH_STORE_CLOSED: entry('The store is closed', 'Start the engine.', 503, 'AE', '207', outOfResources, false),
  BH_STORE_FENCED: entry('Another owner holds the lease', 'Nothing: the other owner carries on.', 409, 'AE', '207', failed, true),
  BH_STORE_LOCKED: entry('Another process owns the data folder', 'Stop it, or use another data folder.', 503, 'AE', '207', failed, false),
  BH_STORE_VERSION: entry('The data folder or its driver has an unsupported version', 'Install the version named in the detail.', 500, 'AE', '207', failed, true),
  BH_STORE_BLOBS: entry('The folder of large bodies is not the one of this database', 'Give every node the same folder; the detail names its marker.', 500, 'AE', '207', failed, true),
  BH_STORE_CONFLICT: entry('Another message has the same name and other content', 'Both are kept; compare them.', 200, 'AE', '207', 0xb111, true),
  BH_STORE_NOT_FOUND: entry('No such message, delivery or body', 'Check the id.', 404, 'AE', '207', failed, true),
  BH_STORE_STATE: entry('A stored state or fact has another shape than the engine writes', 'The detail names the place; restore it from a backup, then replay the message.', 500, 'AE', '207', failed, true),
  BH_BLOB_CORRUPT: entry('A stored body does not match its hash', 'Restore it from a backup.', 500, 'AE', '207', failed, true),

  BH_AUDIT_CHAIN: entry('The audit trail was changed', 'Compare it with a backup; the detail names the first event that does not fit.', 500, 'AE', '207', failed, true),

  BH_HL7_NOT_HL7: entry('The frame holds no HL7 v2 message', 'Send a message that begins with MSH.', 400, 'AR', '100', failed, true),
  BH_HL7_FRAME_BROKEN: entry('The frame has no proper end', 'End each message with FS CR (MLLP).', 400, 'AE', '100', failed, true),
  BH_HL7_CONTROL_ID_MISSING: entry('MSH-10 is empty', 'Give each message a control id.', 400, 'AE', '101', failed, true),
  BH_HL7_CONTROL_ID_LONG: entry('MSH-10 is over 199 characters', 'Shorten the control id.', 400, 'AE', '102', failed, true),
  BH_HL7_TYPE_UNKNOWN: entry('The message type is not taken by this channel', 'Check MSH-9.', 422, 'AR', '200', failed, true),
  BH_HL7_EVENT_UNKNOWN: entry('The event is not taken by this channel', 'Check MSH-9.2.', 422, 'AR', '201', failed, true),
  BH_HL7_VERSION_UNKNOWN: entry('The version is not taken by this channel', 'Check MSH-12.', 422, 'AR', '203', failed, true),
  BH_HL7_CHARSET: entry('Bytes are invalid in the declared character set', 'Check MSH-18.', 422, 'AE', '102', failed, true),
  BH_HL7_TOO_LARGE: entry('The message is over the size limit', 'Split it, or raise the limit.', 413, 'AR', '207', outOfResources, true),
  BH_HL7_TIMEOUT: entry('The frame was not finished in time', 'Send the whole frame.', 408, 'AE', '207', failed, false),
  BH_HL7_BUSY: entry('Too much is being received at once', 'Send again later.', 503, 'AE', '207', outOfResources, false),
  BH_HL7_BATCH_SYNTAX: entry('Headers, trailers and messages of a batch do not fit together', 'Check FHS, BHS, BTS and FTS at the source; the messages were taken.', 422, 'AE', '100', failed, true),
  BH_HL7_BATCH_COUNT: entry('A trailer counts other messages or batches than came', 'Compare the batch with its source; the messages were taken.', 422, 'AE', '207', failed, true),
  BH_HL7_PATH: entry('Not an HL7 path', 'Write SEG[n]-field[rep].component.subcomponent.', 400, 'AE', '207', failed, true),

  BH_FHIR_SYNTAX: entry('The body is not FHIR JSON', 'Send application/fhir+json.', 400, 'AE', '207', notUnderstood, true),
  BH_FHIR_INVALID: entry('The resource breaks a rule of FHIR R4', 'Correct the paths that the answer names.', 422, 'AE', '207', notUnderstood, true),

  BH_FILE_EMPTY: entry('The file holds nothing', 'Check what wrote it; drop it again.', 400, 'AE', '100', notUnderstood, true),
  BH_FILE_TOO_LARGE: entry('The file is over the size limit', 'Split it, or raise fileBytesMax of the channel.', 413, 'AE', '207', outOfResources, true),
  BH_FILE_REFUSED: entry('Messages of the file were refused', 'The reason file names them; the others were taken. Correct and drop the file again.', 422, 'AE', '207', failed, true),
  BH_FILE_IO: entry('The folder cannot be used', 'Check that it exists and that the engine may read and write it; the engine tries again.', 503, 'AE', '207', failed, false),
  BH_FILE_HOST_KEY: entry('The SFTP server does not show the host key that is pinned', 'Ask its operator; change hostKey only when the new key is confirmed.', 502, 'AE', '207', failed, false),

  BH_DICOM_SYNTAX: entry('The bytes are not a readable DICOM object', 'Send a complete PS3.10 file.', 400, 'AE', '207', notUnderstood, true),
  BH_DICOM_TRUNCATED: entry('The DICOM object ends too early', 'Send it again, whole.', 400, 'AE', '207', notUnderstood, true),
  BH_DICOM_LIMIT: entry('The DICOM object exceeds a limit', 'The detail names the limit.', 413, 'AE', '207', outOfResources, true),
  BH_DICOM_ATTRIBUTE: entry('A required attribute is missing or not valid', 'The detail names the attribute.', 422, 'AE', '207', 0xa900, true),
  BH_DICOM_TRANSFER_SYNTAX: entry('Pixel data of this transfer syntax cannot be decoded', 'Send another transfer syntax.', 415, 'AE', '207', 0x0122, true),
  BH_DICOM_PIXELS: entry('The pixel data cannot be decoded', 'Check the object at its source.', 422, 'AE', '207', notUnderstood, true),
  BH_DICOM_GEOMETRY: entry('The images are no volume', 'The detail says how their places in the patient contradict each other.', 422, 'AE', '207', 0xa900, true),
  BH_DICOM_STUDY_MISMATCH: entry('The instance belongs to another study', 'Send it to its own study.', 409, 'AE', '207', 0xa900, true),

  BH_DIMSE_PROTOCOL: entry('The peer breaks the rules of an association', 'The detail names the PDU; the association was aborted.', 400, 'AE', '207', failed, true),
  BH_DIMSE_REJECTED: entry('The association was rejected', 'Check the AE titles on both sides; the detail has the reason.', 502, 'AE', '207', failed, false),
  BH_DIMSE_ABORTED: entry('The association broke off', 'Send again what was not answered.', 502, 'AE', '207', failed, false),
  BH_DIMSE_TIMEOUT: entry('The peer was silent for too long', 'Check the peer and the network between.', 408, 'AE', '207', failed, false),
  BH_DIMSE_CONTEXT: entry('The peer accepts no presentation context for this', 'Check which SOP classes and transfer syntaxes it takes.', 415, 'AE', '207', 0x0122, true),
  BH_DIMSE_STATUS: entry('The peer answered with a status of failure', 'The detail has the status and the comment of the peer.', 502, 'AE', '207', failed, true),
  BH_DIMSE_MISMATCH: entry('The data set is not what its command says', 'Correct SOP class and SOP instance at the source.', 409, 'AE', '207', 0xa900, true),
  BH_DICOM_WORKER: entry('The thread that de-identifies objects, or turns results back, was lost or has too much to do', 'Nothing: the engine tries again. A result over which it was lost five times is quarantined.', 503, 'AE', '207', outOfResources, false),
  BH_DICOM_BURNED_IN: entry('The image may show who the patient is', 'Look at it, then name a mask for this kind of image or send it by hand.', 422, 'AE', '207', failed, true),
  BH_DICOM_IDENTITY: entry('The object cannot be de-identified', 'The detail says why; it is not sent.', 422, 'AE', '207', failed, true),
  BH_REIDENTIFY_UNKNOWN: entry('The result is of nothing that was sent', 'Check who sent it, and that the originals are still kept; it goes nowhere.', 422, 'AE', '207', failed, true),
  BH_REIDENTIFY_MIXED: entry('The result is of more than one patient or study', 'Ask the sender for one object per study; it goes nowhere.', 422, 'AE', '207', failed, true),
  BH_REIDENTIFY_UNCERTAIN: entry('Something in the result cannot be turned back with certainty', 'The detail names the attribute; the object goes nowhere.', 422, 'AE', '207', failed, true),

  BH_MULTIPART_SYNTAX: entry('The multipart body is broken', 'Check the boundary and its end.', 400, 'AE', '207', notUnderstood, true),
  BH_MULTIPART_LIMIT: entry('The multipart body exceeds a limit', 'Send less in one request.', 413, 'AE', '207', outOfResources, true),

  BH_HTTP_UNAUTHENTICATED: entry('No valid credentials', 'Send a bearer token.', 401, 'AE', '207', failed, true),
  BH_HTTP_ISSUER: entry('The issuer of access tokens cannot be asked', 'Send again later; check http.auth.oidc.jwksUri.', 503, 'AE', '207', failed, false),
  BH_HTTP_FORBIDDEN: entry('Not allowed', 'Ask for the right.', 403, 'AE', '207', failed, true),
  BH_HTTP_HOST: entry('Unknown Host', 'Use a host name that the configuration lists.', 421, 'AE', '207', failed, true),
  BH_HTTP_ORIGIN: entry('Cross-site request', 'Use the console of this engine.', 403, 'AE', '207', failed, true),
  BH_HTTP_NOT_FOUND: entry('No such address', 'See /openapi.json.', 404, 'AE', '207', failed, true),
  BH_HTTP_GONE: entry('What was here is not kept any more', 'Ask the system that it came from.', 410, 'AE', '207', failed, true),
  BH_HTTP_METHOD: entry('Method not allowed here', 'See /openapi.json.', 405, 'AE', '207', failed, true),
  BH_HTTP_MEDIA_TYPE: entry('Wrong content type', 'The detail names what is taken.', 415, 'AE', '207', failed, true),
  BH_HTTP_NOT_ACCEPTABLE: entry('No representation that the client accepts', 'The detail names what is given.', 406, 'AE', '207', failed, true),
  BH_HTTP_TOO_LARGE: entry('The body is over the limit', 'Send less.', 413, 'AE', '207', outOfResources, true),
  BH_HTTP_HEAD_LARGE: entry('The request head is over the limit', 'Send fewer or shorter headers.', 431, 'AE', '207', failed, true),
  BH_HTTP_SYNTAX: entry('Not a well-formed HTTP request', 'Correct the client.', 400, 'AE', '207', failed, true),
  BH_HTTP_TIMEOUT: entry('The request was too slow', 'Send it faster.', 408, 'AE', '207', failed, false),
  BH_HTTP_ABORTED: entry(
    'The client went away before the end of its request',
    'Send it again, whole.',
    400,
    'AE',
    '207',
    failed,
    false,
  ),
  BH_HTTP_RATE: entry('Too many requests', 'Wait as Retry-After says.', 429, 'AE', '207', outOfResources, false),
  BH_HTTP_CONFLICT: entry(
    'The state of the thing does not allow this',
    'Read it again and decide anew.',
    409,
    'AE',
    '207',
    failed,
    true,
  ),
  BH_HTTP_INPUT: entry('A parameter or body of the API is not valid', 'The detail names it.', 400, 'AE', '207', failed, true),

  BH_MAP_FAILED: entry('The mapping could not be applied', 'Open the message and its residue; correct the map; replay.', 422, 'AE', '207', failed, true),
  BH_MAP_DEFINITION: entry('A mapping file is not valid', 'The detail names file and line.', 422, 'AE', '207', failed, true),
  BH_CHANNEL_FILTERED: entry('The channel does not take this message', 'Nothing, or change its filter.', 200, 'AE', '207', failed, true),
  BH_STUDY_LIMIT: entry('The study has too many instances', 'Raise the limit.', 413, 'AE', '207', outOfResources, true),
  BH_ORDER_PATIENT: entry('The order of the study is of another patient', 'Correct the accession number or the patient at the source and send the order again; or release or reject the report (bithive study release, reject).', 422, 'AE', '207', failed, true),
  BH_STUDY_PATIENT: entry('The images of the study name more than one patient', 'Look at the images; release or reject its reports (bithive study release, reject).', 422, 'AE', '207', failed, true),
  BH_NOTICE_INVALID: entry('The body is not a notice of a study', 'The detail names the place; correct its source, then replay the message.', 422, 'AE', '207', failed, true),
  BH_FINDING_INVALID: entry('The body is not a finding of the grid', 'The detail names the place; correct the grid, then replay the message.', 422, 'AE', '207', failed, true),

  BH_DELIVERY_REFUSED: entry('The receiver refused', 'Correct the cause that it names; replay.', 502, 'AE', '207', failed, true),
  BH_DELIVERY_UNREACHABLE: entry('The receiver cannot be reached', 'Check host, port and certificate; the engine tries again.', 502, 'AE', '207', failed, false),
  BH_DELIVERY_BUSY: entry('The receiver asks to wait', 'Nothing: the engine tries again.', 502, 'AE', '207', failed, false),
  BH_DELIVERY_UNPROVEN: entry('The receiver took the request and did not say what became of it', 'Check the receiver; the engine tries again.', 502, 'AE', '207', failed, false),
  BH_DELIVERY_UNKNOWN: entry('The answer of the receiver was lost', 'Ask the receiver, then resolve the delivery.', 504, 'AE', '207', failed, false),
  BH_DELIVERY_GONE: entry('The destination is not in its channel any more', 'Put it back and retry the delivery, or replay the message.', 502, 'AE', '207', failed, true),
  BH_DELIVERY_EXPIRED: entry('The delivery was not possible in time', 'Repair the receiver; replay.', 504, 'AE', '207', failed, true),

  BH_MODEL_UNKNOWN: entry('No such model', 'Check the channel and the model folder.', 422, 'AE', '207', failed, true),
  BH_MODEL_INVALID: entry('The model or its manifest is not valid', 'The detail names what.', 500, 'AE', '207', failed, true),
  BH_MODEL_INPUT: entry('The model cannot take this image', 'Nothing: the report says so.', 422, 'AE', '207', failed, true),
  BH_MODEL_OUT_OF_DISTRIBUTION: entry('The image is unlike those the model was made for', 'Nothing: the report says so.', 422, 'AE', '207', failed, true),
  BH_MODEL_PRIOR: entry('The model compares with an earlier image and there is none', 'Nothing: the report says so. Check priorsFrom of the channel.', 422, 'AE', '207', failed, true),
  BH_MODEL_OUTPUT: entry('The model gave no usable number', 'Nothing: the report says so.', 422, 'AE', '207', failed, true),
  BH_MODEL_BUSY: entry('The grid has no worker free', 'Nothing: the engine tries again.', 503, 'AE', '207', outOfResources, false),
  BH_MODEL_WORKER: entry('A worker of the grid failed', 'Nothing: the engine tries again.', 503, 'AE', '207', failed, false),

  BH_CLI_USAGE: entry('The command is not understood', 'Run it with --help.', 400, 'AE', '207', failed, true),
  BH_CLI_ENGINE: entry('The running engine cannot be reached', 'Check that it runs on this data folder, or stop it to read the folder directly.', 503, 'AE', '207', failed, false),

  BH_CONFIG_SYNTAX: entry('A configuration file cannot be read', 'The detail names file and line.', 500, 'AE', '207', failed, true),
  BH_CONFIG_KEY: entry('Unknown setting', 'The detail suggests the nearest.', 500, 'AE', '207', failed, true),
  BH_CONFIG_VALUE: entry('A setting has a value that is not valid', 'The detail says what is expected.', 500, 'AE', '207', failed, true),
  BH_CONFIG_SECRET: entry('A secret is missing, or open to others', 'Set its file or variable; chmod 600.', 500, 'AE', '207', failed, true),
  BH_CONFIG_EXPOSED: entry('A listener outside loopback has no TLS or no credentials', 'Configure both, or bind to 127.0.0.1.', 500, 'AE', '207', failed, true),
  BH_CONFIG_OUTBOUND: entry('A host that outbound.allow does not name', 'Add it to outbound.allow, or correct the address.', 500, 'AE', '207', failed, false),
  BH_CONFIG_EXPRESSION: entry('A condition cannot be read', 'The detail names the column.', 500, 'AE', '207', failed, true),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof catalogue;
