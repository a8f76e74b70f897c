import { shippedFile } from "../../../core/lib/files.ts"

/** The hook's own file; it is not compiled. */
export const hookScript = (): string => shippedFile("alert-webhook/workflows/gate/hook.mjs")
