import { BitHiveError } from '../../../core/errors.ts';

/** The code with which a call refuses; `accepted` when it does not. Anything but a coded refusal is thrown on. */
export async function refusalCode(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'accepted';
  } catch (error) {
    if (error instanceof BitHiveError && error.code.startsWith('BH_DICOM_')) return error.code;
    throw error;
  }
}
