const byteOrderMark = '\uFEFF';

/**
 * The messages of a file as people keep them: one or several, lines ended by CR, LF or both, perhaps with MLLP framing around.
 * Bytes are kept as they are (latin1 is only a lossless way to look at them), so any character set survives.
 */
export function messagesOfFile(bytes: Uint8Array): readonly Uint8Array[] {
  const text = Buffer.from(bytes)
    .toString('latin1')
    .replace(Buffer.from(byteOrderMark).toString('latin1'), '')
    .replace(/\r\n|\n/g, '\r')
    .replace(/[\x0b\x1c]\r?/g, '\r');
  return text
    .split(/\r(?=MSH[^\r])/)
    .map((message) => message.replace(/^\r+|\r+$/g, ''))
    .filter((message) => message.startsWith('MSH'))
    .map((message) => Buffer.from(`${message}\r`, 'latin1'));
}
