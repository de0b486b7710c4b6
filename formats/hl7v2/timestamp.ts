/** A moment as HL7 TS in UTC: `YYYYMMDDHHMMSS+0000` (HL7 v2.5.1 2.A.75). Never the zone of the host. */
export function formatTimestamp(atMs: number): string {
  if (Math.floor(atMs / 1000) !== lastSecond) {
    lastSecond = Math.floor(atMs / 1000);
    lastText = `${new Date(atMs).toISOString().replace(/[-:T]/g, '').slice(0, 14)}+0000`;
  }
  return lastText;
}

/** One answer follows another within the same second; the text is made once. */
let lastSecond = Number.NaN;
let lastText = '';
