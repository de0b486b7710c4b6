/**
 * The text under which a version of a channel is kept, with the version of the map that its messages are converted by. The last line says it, as a
 * remark: the text stays a channel file, and a new map makes a new version of the channel, so that a message that is bound to the one is bound to the other.
 */
export function boundText(text: string, mapVersion: number): string {
  const bare = text.replace(mark, '');
  return mapVersion === 0 ? bare : `${bare.replace(/\n*$/, '')}\n# map version ${mapVersion}\n`;
}

/** 0: the rows that come with the engine. */
export function mapVersionOf(text: string): number {
  return Number(mark.exec(text)?.[1] ?? 0);
}

const mark = /\n# map version (\d{1,9})\n$/;
