import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The hook's own file; it is not compiled, so that from `dist/` it is found in the source tree beside it. */
export function hookScript(): string {
	const beside = fileURLToPath(new URL("./hook.mjs", import.meta.url))
	return existsSync(beside)
		? beside
		: fileURLToPath(new URL("../../../../alert-webhook/workflows/gate/hook.mjs", import.meta.url))
}
