import { cliPage } from './cli-page.ts';
import { configJsonSchema, configPage } from './config-page.ts';
import { errorsPage } from './errors-page.ts';
import { hl7v2Page } from './hl7v2-page.ts';
import { overlaySchemas } from './overlay-schemas.ts';

/** The generated files of docs/reference by name. A test fails when a committed one differs. */
export async function referencePages(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['config.md', configPage()],
    ['config.schema.json', configJsonSchema()],
    ['errors.md', errorsPage()],
    ['cli.md', await cliPage()],
    ['hl7v2.md', hl7v2Page()],
    ...overlaySchemas(),
  ]);
}
