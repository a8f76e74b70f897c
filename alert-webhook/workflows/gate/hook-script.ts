import { shippedFile } from "../../../core/lib/files.ts"

/** The hook's own file; it is not compiled. */
export const hookScript = (): string => shippedFile("alert-webhook/workflows/gate/hook.mjs")

/** The file of the hook that asks a person about a call; it is not compiled either. */
export const approvalScript = (): string => shippedFile("alert-webhook/workflows/gate/approve.mjs")
