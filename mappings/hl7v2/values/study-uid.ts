import { pathOf } from '../run.ts';
import { shown } from './primitives.ts';
import { textAt, type ValueType } from './value-type.ts';

const uidForm = /^[0-2](\.(0|[1-9]\d*))+$/;

/** A Study Instance UID (IPC-3, ZDS-1) as FHIR identifies studies: system `urn:dicom:uid`, value `urn:oid:…` (FHIR R4 ImagingStudy 8.14.4). */
export const studyUidIdentifier: ValueType = {
  yields: ['Identifier'],
  covers: 'all',
  compile:
    () =>
    (...place) => {
      const [run, segment, field, rep, component, subcomponent] = place;
      const uid = textAt(segment, field, rep, component, subcomponent);
      if (uid === '') return undefined;
      if (uid.length > 64 || !uidForm.test(uid)) {
        run.issue('warning', 'value', pathOf(...place), `not a DICOM UID: ${shown(uid)}`);
        return undefined;
      }
      return { system: 'urn:dicom:uid', value: `urn:oid:${uid}` };
    },
};
