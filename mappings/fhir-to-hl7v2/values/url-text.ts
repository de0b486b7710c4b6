/** A part of a URL as text; one that is not well-formed stands as it is. */
export function decodedUrlText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    // By name: the error may come from another realm (a worker, a test runner).
    if ((cause as Error).name === 'URIError') return text;
    throw cause;
  }
}
