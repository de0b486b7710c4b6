/** Each byte is the code point of its value: the default repertoire (ISO_IR 6) and ISO 8859-1 in one. */
export function decodeLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** Without trailing padding, space or NUL. Not a regular expression: a megabyte of spaces must take linear time. */
export function trimPadding(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 0 || text.charCodeAt(end - 1) === 0x20)) end -= 1;
  return text.slice(0, end);
}
