/** A DICOM object as it came in (PS3.10 file). */
export const dicomContentType = 'application/dicom';

/** A DICOM object that the engine made: SR, SEG, secondary capture, encapsulated PDF. A destination tells it from an object that passes through. */
export const dicomResultContentType = 'application/vnd.bithive.dicom-result';

/**
 * Scope of the states under which every channel remembers the SOP Instance UIDs of objects that the engine made: an archive that forwards
 * what it receives sends them back, and they must not reopen the study that they are about.
 */
export const ownObjectScope = 'own-object';
