import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadHl7ToFhirMap, parseSiteSettings } from '../../../mappings/index.ts';
import { convertFile } from './convert-file.ts';
import { runParserCases } from './parser-cases.ts';
import { hasFailed, reportOf } from './report.ts';

/**
 * `npm run conformance:hl7v2 [-- FOLDER]`: converts every `.hl7` file of a folder (default `../shared/data/hl7v2-samples`) twice and prints
 * totals per message type; reads the parser's cases. Ends 1 when one message fails, or when there is none.
 */
const folder = process.argv[2] ?? join(process.cwd(), '..', 'shared', 'data', 'hl7v2-samples');
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const map = loadHl7ToFhirMap({
  site: parseSiteSettings({
    namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
    zone: 'UTC',
    localSystem: 'https://bithive.example/id',
  }),
});
const files = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(hl7|er7)$/i.test(name))
      .sort()
  : [];
const outcomes = files.flatMap((name) => convertFile(map, name, readFileSync(join(folder, name))));
say(
  `map ${map.version}, ${map.takes.length} message types; ${files.length} files of ${relative(process.cwd(), folder)}`,
);
say(reportOf(outcomes));

const cases = runParserCases(readFileSync(join(process.cwd(), 'data', 'hl7v2-cases.json'), 'utf8'));
say(`parser cases: ${cases.passed} passed, ${cases.failed.length} failed`);
for (const failure of cases.failed) say(`  ${failure}`);

const failed = outcomes.filter(hasFailed).length + cases.failed.length;
if (files.length === 0) say(`no .hl7 file in ${folder}`);
process.exit(failed === 0 && files.length > 0 ? 0 : 1);
