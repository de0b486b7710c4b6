import { describe, expect, test } from '@jest/globals';
import { readSources } from './sources.ts';

const sources = readSources();
const bannedNames = /(^|[-/])(helpers?|utils?|utilities|manager|misc|common|stuff)([-.]|$)/;

describe('shape', () => {
  test('the median file is short, none is two things', () => {
    const lengths = sources.map((file) => file.lines.length).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(120);
    expect(
      sources.filter((file) => file.lines.length > 400).map((file) => `${file.path}: ${file.lines.length}`),
    ).toEqual([]);
  });

  test('a function fits a screen or two', () => {
    expect(sources.flatMap((file) => longFunctions(file.path, file.lines))).toEqual([]);
  });

  test('files are named after what they hold, in kebab-case', () => {
    const wrong = sources
      .map((file) => file.path)
      .filter((path) => bannedNames.test(path) || !/^[a-z0-9/.-]+$/.test(path));
    expect(wrong).toEqual([]);
  });

  test('a fault of the world is a catalogue error, a bug an assertion: no plain Error', () => {
    const wrong = sources.flatMap((file) =>
      file.lines.flatMap((line, at) =>
        /\bthrow new (Type|Range)?Error\(/.test(line) ? [`${file.path}:${at + 1}`] : [],
      ),
    );
    expect(wrong).toEqual([]);
  });

  test('nothing is swallowed: no empty catch', () => {
    const wrong = sources
      .filter((file) =>
        /catch\s*(\([^)]*\))?\s*\{\s*\}|\.catch\(\(\)\s*=>\s*(\{\s*\}|undefined|null)\s*\)/.test(file.text),
      )
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  test('nothing is left to do in the code', () => {
    const wrong = sources.flatMap((file) =>
      file.lines.flatMap((line, at) =>
        /\b(TODO|FIXME|XXX|HACK)\b/.test(line) ? [`${file.path}:${at + 1}`] : [],
      ),
    );
    expect(wrong).toEqual([]);
  });
});

/** Functions and methods over 80 lines, by indentation: a body ends where a line closes at its opening column. */
function longFunctions(path: string, lines: readonly string[]): readonly string[] {
  const found: string[] = [];
  lines.forEach((line, at) => {
    const opens =
      /^(\s*)(export )?(async )?(function\b|(static |async |#|get )*[\w#]+\([^)]*\)[^;]*\{$)/.exec(line);
    if (!opens || !line.trimEnd().endsWith('{')) return;
    const end = lines.findIndex((other, later) => later > at && other.startsWith(`${opens[1]}}`));
    if (end - at > 80) found.push(`${path}:${at + 1}: ${end - at} lines`);
  });
  return found;
}
