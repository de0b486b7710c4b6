import type { DicomJson, DicomJsonAttribute } from './dicom-json.ts';

/** Keywords (PS3.6) of the attributes that answers hold. */
const keywords: Readonly<Record<string, string>> = {
  '00000902': 'ErrorComment',
  '00081150': 'ReferencedSOPClassUID',
  '00081155': 'ReferencedSOPInstanceUID',
  '00081190': 'RetrieveURL',
  '00081196': 'WarningReason',
  '00081197': 'FailureReason',
  '00081198': 'FailedSOPSequence',
  '00081199': 'ReferencedSOPSequence',
};

/** An answer in the Native DICOM Model (PS3.19 A.1). */
export function nativeDicomXml(dataset: DicomJson): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM">${attributes(dataset)}</NativeDicomModel>\n`;
}

function attributes(dataset: DicomJson): string {
  return Object.entries(dataset)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tag, attribute]) => {
      const keyword = keywords[tag] === undefined ? '' : ` keyword="${keywords[tag]}"`;
      return `<DicomAttribute tag="${tag}" vr="${attribute.vr}"${keyword}>${values(attribute)}</DicomAttribute>`;
    })
    .join('');
}

function values(attribute: DicomJsonAttribute): string {
  return (attribute.Value ?? [])
    .map((value, index) =>
      typeof value === 'object'
        ? `<Item number="${index + 1}">${attributes(value)}</Item>`
        : `<Value number="${index + 1}">${escapeXml(String(value))}</Value>`,
    )
    .join('');
}

const escapes: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

/** Escapes markup; characters that XML 1.0 has no place for become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll(/[<>&]/g, (character) => escapes[character]!);
}
